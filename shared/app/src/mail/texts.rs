//! The mails with a mailed token, and the mails about a request.

use custodian_domain::{Customer, RequestedBy, Secret, Timestamp};

use crate::context::Settings;
use crate::mail::message::Message;
use crate::mail::names::{account_name, agent_name, forgot_password_page, undisclosed_account};
use crate::ports::Mail;

/// Asks the owner of a new account to confirm its e-mail address.
pub fn verification(
    settings: &Settings,
    customer: &Customer,
    username: &str,
    token: &Secret,
    until: Timestamp,
) -> Mail {
    let link = format!("{}/auth/email-verify?token={}", settings.base_url, token.expose());
    let opened = format!(
        "The account {} was opened with this e-mail address. Its administrator is {}.",
        account_name(customer),
        agent_name(username)
    );
    let next = "Confirm the address to activate the account.".to_owned();
    let end = format!(
        "The link works until {}. If you did not open this account, you do not have to do anything: it expires then, and \
         its data is deleted.",
        until.to_readable()
    );
    Message::new("Confirm your e-mail address", vec![opened, next], vec![end])
        .button("Confirm address", link)
        .render(settings, &customer.profile.email)
}

/// Informs an address with which someone signed up that its account already exists.
pub fn account_exists(settings: &Settings, customer: &Customer, to: &str) -> Mail {
    let what = format!(
        "Someone, perhaps you, tried to open an account with this e-mail address. It already has one: {}.",
        account_name(customer)
    );
    let next = "Sign in with your password. If you forgot it, set a new one.".to_owned();
    let end = "If this was not you, you do not have to do anything. Your account stays as it is.".to_owned();
    Message::new("You already have an account", vec![what, next], vec![end])
        .button("Set a new password", forgot_password_page(settings))
        .render(settings, to)
}

/// Asks to confirm the new e-mail address of an account.
pub fn confirm_email_change(
    settings: &Settings,
    customer: &Customer,
    to: &str,
    token: &Secret,
    until: Timestamp,
) -> Mail {
    let link = format!("{}/auth/email-verify?token={}", settings.base_url, token.expose());
    let what =
        format!("Confirm this address to use it for your {}.", undisclosed_account(settings, customer));
    let meaning =
        "From then on, you sign in with this address, and mails about the account come here.".to_owned();
    let end = format!(
        "The link works until {}. If you did not ask for this, you do not have to do anything: the account keeps its \
         current address.",
        until.to_readable()
    );
    Message::new("Confirm your new e-mail address", vec![what, meaning], vec![end])
        .button("Confirm address", link)
        .render(settings, to)
}

/// Informs the current e-mail address of a requested change, and explains how to cancel it.
pub fn email_change_requested(settings: &Settings, customer: &Customer, requested_by: RequestedBy) -> Mail {
    let (requester, how_to_cancel) = match requested_by {
        RequestedBy::Agent { .. } => (
            "An administrator",
            "If this was not you, ask the other administrators. If nobody wanted it, every administrator should change \
             the password or sign out, which cancels the request.",
        ),
        RequestedBy::Key { .. } => (
            "A program with an access key",
            "If you did not want this, delete the access keys that you do not know. Deleting the key that was used cancels \
             the request.",
        ),
        RequestedBy::PlatformAdmin { .. } => {
            ("The operator of this service", "If you did not want this, tell the operator.")
        }
        RequestedBy::Unknown => ("Someone", "If you did not want this, tell the operator of this service."),
    };
    let what = format!(
        "{requester} asked to replace this e-mail address of your account {} with another one.",
        account_name(customer)
    );
    let meaning = "This address stays in use until the other one is confirmed.".to_owned();
    Message::new(
        "Your e-mail address is about to change",
        vec![what, meaning],
        vec![how_to_cancel.to_owned()],
    )
    .render(settings, &customer.profile.email)
}

/// Contains the link with which an agent sets a new password.
pub fn password_reset(
    settings: &Settings,
    to: &str,
    customer: &Customer,
    username: &str,
    token: &Secret,
    until: Timestamp,
) -> Mail {
    let link = format!("{}/auth/password-reset?token={}", settings.base_url, token.expose());
    let what = format!(
        "Here is the link to set the password of {}, an agent of the account {}.",
        agent_name(username),
        account_name(customer)
    );
    let end = format!(
        "The link works once, until {}. If you did not ask for it, you do not have to do anything: the password stays as \
         it is.",
        until.to_readable()
    );
    Message::new("Set your password", vec![what], vec![end]).button("Set password", link).render(settings, to)
}
