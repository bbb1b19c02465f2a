//! The mails, as text and HTML. A mail is sent once per cause.

use custodian_domain::{Customer, Profile, RequestedBy, Secret, Status, Timestamp};

use crate::context::{Context, Settings};
use crate::failure::Failure;
use crate::ports::{Mail, MailToken, Mailer, StoreMailTokens, StoreTokenOutcome};
use crate::retry::{Retry, RetryBudget};

/// Stores a token and sends its mails, once per cause. A retry sends nothing if the cause is recorded as mailed. Otherwise, the
/// retry sends the mails again with a new token, which replaces the earlier one. The mail with the link must be last in
/// `mails`. Then the failure of another mail never leaves a sent link that the retry would invalidate.
pub(crate) async fn send_once<S: StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    token: &MailToken,
    statuses: &'static [Status],
    mails: &[Mail],
) -> Result<(), Failure> {
    let mut retry = Retry::new("a mailed link", RetryBudget::Request);
    loop {
        match cx.store.store_mail_token(token, statuses).await? {
            StoreTokenOutcome::Done => break,
            StoreTokenOutcome::AlreadyMailed | StoreTokenOutcome::GateClosed => return Ok(()),
            // A concurrent worker stored a token. Its cause may be earlier or later.
            StoreTokenOutcome::Stale => retry.wait(&*cx.providers.entropy).await?,
        }
    }
    for mail in mails {
        cx.services.send_mail(mail).await?;
    }
    cx.store.record_mailed(token).await
}

/// Asks the owner of a new account to confirm its e-mail address.
pub fn verification(
    settings: &Settings,
    customer: &Customer,
    username: &str,
    token: &Secret,
    until: Timestamp,
) -> Mail {
    let link = format!("{}/auth/email-verify?token={}", settings.base_url, token.expose());
    let end = format!(
        "The link works until {}. If you do not know of this account, do nothing: it then expires, and nothing of it \
         is kept.",
        until.to_rfc3339()
    );
    let ask = format!(
        "the account {} was opened with this e-mail address; its administrator is {username}. Confirm the address \
         with this link:",
        account_name(customer)
    );
    render(&customer.profile.email, "Confirm your e-mail address", &ask, Some(&link), &end)
}

/// Informs an address that signed up again that its account already exists.
pub fn account_exists(settings: &Settings, to: &str) -> Mail {
    let ask = "somebody, perhaps you, wanted to open an account with this e-mail address, but there is one already.";
    let end = format!(
        "If you forgot its password, ask for a link to set one: POST {}/auth/password-forgot. If this was not you, do \
         nothing.",
        settings.base_url
    );
    render(to, "You already have an account", ask, None, &end)
}

/// Asks to confirm the new e-mail address of an account.
pub fn confirm_email_change(settings: &Settings, to: &str, token: &Secret, until: Timestamp) -> Mail {
    let link = format!("{}/auth/email-verify?token={}", settings.base_url, token.expose());
    let ask = "this address is to become the e-mail address of an account. Confirm that with this link:";
    let end = format!("The link works until {}. If you do not know of this, do nothing.", until.to_rfc3339());
    render(to, "Confirm your new e-mail address", ask, Some(&link), &end)
}

/// Informs the current e-mail address of a requested change, and explains how to cancel it.
pub fn email_change_requested(to: &str, requested_by: RequestedBy) -> Mail {
    let (requester, how_to_cancel) = match requested_by {
        RequestedBy::Agent { .. } => (
            "an administrator",
            "If none of you meant this, each should change the password or log out: what was asked for ends with that.",
        ),
        RequestedBy::Key { .. } => (
            "a program with an access key",
            "If this was not meant, delete the keys that you do not know: what was asked for ends with its key.",
        ),
        RequestedBy::PlatformAdmin => {
            ("the platform's operator", "If you did not wish this, tell the operator.")
        }
    };
    let ask = format!("{requester} asked to replace this e-mail address of your account by another.");
    let end = format!("It stays as it is until the other one is confirmed. {how_to_cancel}");
    render(to, "Your e-mail address is about to change", &ask, None, &end)
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
    let ask = format!(
        "here is the link to set the password of the agent {username} of the account {}:",
        account_name(customer)
    );
    let end = format!(
        "The link works once, until {}. If you did not ask for it, do nothing: the password stays as it is.",
        until.to_rfc3339()
    );
    render(to, "Set your password", &ask, Some(&link), &end)
}

/// The name by which a person knows an account: its name, or its e-mail address. A stranger can choose the name in a signup,
/// so a name that could pass for a message or a link is not shown.
pub fn account_name(customer: &Customer) -> &str {
    const MAX_SHOWN: usize = 80;
    let Profile { name, email, .. } = &customer.profile;
    let is_plain = !name.is_empty() && name.chars().count() <= MAX_SHOWN;
    let has_link = ["://", "www.", "@"].iter().any(|part| name.to_lowercase().contains(part));
    if is_plain && !has_link { name } else { email }
}

fn render(to: &str, subject: &str, ask: &str, link: Option<&str>, end: &str) -> Mail {
    let (line, anchor) = match link {
        Some(link) => (format!("{link}\n\n"), format!("<p><a href=\"{0}\">{0}</a></p>", escape_html(link))),
        None => (String::new(), String::new()),
    };
    let text = format!("Hello,\n\n{ask}\n\n{line}{end}\n");
    let html = format!(
        "<!doctype html><html lang=\"en\"><body><p>Hello,</p><p>{}</p>{anchor}<p>{}</p></body></html>",
        escape_html(ask),
        escape_html(end)
    );
    Mail { to: to.to_owned(), subject: subject.to_owned(), text, html }
}

/// Escapes a text for HTML. Names can contain markup.
pub fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
