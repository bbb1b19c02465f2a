//! The texts of the notices. A notice informs an account's owner of an event, and goes to confirmed addresses only.

use custodian_domain::{Customer, Timestamp};
use uuid::Uuid;

use crate::context::Settings;
use crate::mail::message::Message;
use crate::mail::names::{
    account_name, agent_name, contact, forgot_password_page, plain_name, undisclosed_account,
};
use crate::ports::Mail;

const NOBODY: &str = "If neither you nor a colleague did this";

/// A notice of a change that a stranger may have made. It advises the owner how to secure the account, and its button opens the
/// page of the first step.
pub(super) fn security_notice(
    settings: &Settings,
    customer: &Customer,
    subject: &'static str,
    paragraphs: Vec<String>,
    condition: &str,
) -> Mail {
    let advice = format!(
        "{condition}, someone else has access to your account. Set a new password now. Then check the administrators and \
         the access keys of the account, and delete those that you do not know."
    );
    let paragraphs = paragraphs.into_iter().chain([advice]).collect();
    let message = Message::new(subject, paragraphs, Vec::new())
        .button("Set a new password", forgot_password_page(settings));
    to_owner(settings, customer, &message)
}

pub(super) fn to_owner(settings: &Settings, customer: &Customer, message: &Message) -> Mail {
    message.render(settings, &customer.profile.email)
}

/// A password was set or changed.
pub fn password_set(settings: &Settings, customer: &Customer, username: &str) -> Mail {
    let agent = agent_name(username);
    let paragraphs = vec![
        format!("A new password was set for {agent} in the account {}.", account_name(customer)),
        format!("An earlier password no longer works, and {agent} has to sign in again everywhere."),
    ];
    let condition = format!("If neither you nor {agent} did this");
    security_notice(settings, customer, "A password was changed", paragraphs, &condition)
}

/// An access key was created. `name` is `None` if the key is deleted by now.
pub fn access_key_created(settings: &Settings, customer: &Customer, name: Option<&str>) -> Mail {
    let account = account_name(customer);
    let creation = match name.map(plain_name) {
        Some(Some(name)) => format!("The access key \"{name}\" was created for the account {account}."),
        Some(None) => format!("An access key was created for the account {account}."),
        None => format!("An access key was created for the account {account}, and has been deleted since."),
    };
    let paragraphs = vec![
        creation,
        "A program with this access key can act as an administrator of the account, as far as the key's scopes permit."
            .to_owned(),
    ];
    security_notice(settings, customer, "An access key was created", paragraphs, NOBODY)
}

/// An agent became an administrator. `username` is `None` if the agent is deleted by now.
pub fn administrator_added(settings: &Settings, customer: &Customer, username: Option<&str>) -> Mail {
    let account = account_name(customer);
    let what = match username {
        Some(username) => {
            format!("{} is now an administrator of the account {account}.", agent_name(username))
        }
        None => {
            format!("An administrator was added to the account {account}. That agent has been deleted since.")
        }
    };
    let meaning = "An administrator can change everything in the account, and can close it.".to_owned();
    security_notice(settings, customer, "An administrator was added", vec![what, meaning], NOBODY)
}

/// An agent is no longer an administrator. `username` is `None` if the agent was deleted.
pub fn administrator_removed(settings: &Settings, customer: &Customer, username: Option<&str>) -> Mail {
    let account = account_name(customer);
    let what = match username {
        Some(username) => {
            format!("{} is no longer an administrator of the account {account}.", agent_name(username))
        }
        None => {
            format!("An administrator of the account {account} was deleted, and cannot sign in any more.")
        }
    };
    security_notice(settings, customer, "An administrator was removed", vec![what], NOBODY)
}

const EMAIL_CHANGED: &str = "Your e-mail address was changed";

/// Tells the new address of an account that it is in use now.
pub fn email_changed(settings: &Settings, customer: &Customer) -> Mail {
    let paragraphs = vec![
        format!("This is now the e-mail address of your {}.", undisclosed_account(settings, customer)),
        "From now on, you sign in with this address, and mails about the account come here.".to_owned(),
    ];
    let end = format!("If you did not want this, contact {}.", contact(settings));
    to_owner(settings, customer, &Message::new(EMAIL_CHANGED, paragraphs, vec![end]))
}

/// Tells the former address of an account that it is not in use any more.
pub fn email_replaced(settings: &Settings, customer: &Customer, former: &str) -> Mail {
    let account = undisclosed_account(settings, customer);
    let paragraphs = vec![
        format!("The e-mail address of your {account} was changed. This address is no longer used."),
        "You cannot sign in with this address any more, and mails about the account go to the new address."
            .to_owned(),
    ];
    let end = format!(
        "If neither you nor the operator did this, someone else has access to your account. Contact {} at once.",
        contact(settings)
    );
    Message::new(EMAIL_CHANGED, paragraphs, vec![end]).render(settings, former)
}

/// An agent's username was replaced, because another account confirmed it as its e-mail address.
pub fn username_changed(settings: &Settings, customer: &Customer, old: &str, new: &str) -> Mail {
    let (old, new) = (agent_name(old), agent_name(new));
    let paragraphs = vec![
        format!("The username {old} in your account {} was changed to {new}.", account_name(customer)),
        format!(
            "The reason: {old} is an e-mail address, and another account has confirmed it as its own. The password \
             stays the same."
        ),
        format!("Tell the person who signs in as {old} to sign in as {new} from now on."),
    ];
    let end = format!("If the address belongs to you, contact {}.", contact(settings));
    to_owner(settings, customer, &Message::new("A username was changed", paragraphs, vec![end]))
}

/// The webhook endpoint is disabled.
pub fn webhook_disabled(settings: &Settings, customer: &Customer, host: Option<&str>) -> Mail {
    let at = host.map(|host| format!(" at {host}")).unwrap_or_default();
    let paragraphs = vec![
        format!(
            "The webhook address{at} of your account {} answered that it accepts no more webhooks, so no more are sent to it.",
            account_name(customer)
        ),
        "What happens in the meantime is not sent later.".to_owned(),
        "When the address accepts webhooks again, send a test webhook to it. If the test succeeds, the address is turned on \
         again."
            .to_owned(),
    ];
    let end = "If you do not use the address any more, remove it from your account.".to_owned();
    to_owner(settings, customer, &Message::new("Your webhook was turned off", paragraphs, vec![end]))
}

/// The export that an administrator requested is finished.
pub fn export_finished(settings: &Settings, customer: &Customer, export: Uuid, until: Timestamp) -> Mail {
    let link = format!("{}/v1.0/customer/export/{export}/file", settings.base_url);
    let paragraphs = vec![
        format!("The export of the data of your account {} is ready.", account_name(customer)),
        "The file has everything in the account as one line of JSON each, compressed with gzip. It contains no passwords \
         and no other secrets."
            .to_owned(),
    ];
    let small_print = vec![
        format!(
            "To download the file, you have to be signed in as an administrator. The link works until {}; the file is deleted \
             a day later.",
            until.to_readable()
        ),
        "If nobody in your account asked for this, someone else has access to it. Set a new password, and check the \
         administrators and the access keys of the account."
            .to_owned(),
    ];
    let message = Message::new("Your export is ready", paragraphs, small_print);
    to_owner(settings, customer, &message.button("Download", link))
}
