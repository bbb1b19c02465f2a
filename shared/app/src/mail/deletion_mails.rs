//! The texts of the notices about a freeze, a recovery and a deletion.

use custodian_domain::{Customer, Timestamp};

use crate::context::Settings;
use crate::mail::message::Message;
use crate::mail::names::{account_name, contact};
use crate::mail::notices::{security_notice, to_owner};
use crate::ports::Mail;

/// The label of the link to the page that shows how far a deletion is.
const FOLLOW: &str = "Follow the deletion";

/// The account is frozen, and will be deleted at `due`. `status_link` shows the state of the deletion.
pub fn frozen(settings: &Settings, customer: &Customer, due: Timestamp, status_link: String) -> Mail {
    let due = due.to_readable();
    let account = account_name(customer);
    let what = if customer.is_suspended() {
        format!(
            "{} has frozen your account {account}. Its data is kept, but the account cannot be used.",
            settings.brand.product_name
        )
    } else {
        format!("Your account {account} is frozen. Its data is kept, but the account cannot be used.")
    };
    let paragraphs = vec![
        what,
        format!("On {due}, the account and all its data will be deleted. This cannot be undone afterwards."),
        way_back(settings, customer),
    ];
    let end = if customer.is_suspended() {
        Vec::new()
    } else {
        vec!["If you did not want this, recover the account and set a new password.".to_owned()]
    };
    let message = Message {
        heading: format!("Your account will be deleted on {due}"),
        ..Message::new("Your account will be deleted", paragraphs, end)
    };
    let message = with_sign_in(settings, customer, message).link(FOLLOW, status_link);
    to_owner(settings, customer, &message)
}

/// A frozen account will be deleted at `due`, in `days` days.
pub fn deletion_reminder(
    settings: &Settings,
    customer: &Customer,
    due: Timestamp,
    days: u16,
    status_link: String,
) -> Mail {
    let readable = due.to_readable();
    let when = if days == 1 { "tomorrow".to_owned() } else { format!("in {days} days") };
    let paragraphs = vec![
        format!(
            "Your account {} is frozen. On {readable}, the account and all its data will be deleted. This cannot be \
             undone afterwards.",
            account_name(customer)
        ),
        way_back(settings, customer),
    ];
    let message = Message {
        heading: format!("Your account will be deleted {when}"),
        ..Message::new("Reminder: your account will be deleted", paragraphs, Vec::new())
    };
    let message = with_sign_in(settings, customer, message).link(FOLLOW, status_link);
    to_owner(settings, customer, &message)
}

/// How the account can be kept.
fn way_back(settings: &Settings, customer: &Customer) -> String {
    if customer.is_suspended() {
        format!("Only {} can end this. To keep the account, ask before then.", contact(settings))
    } else {
        "To keep the account, sign in and recover it before then.".to_owned()
    }
}

/// The button to sign in, if the owner can recover the account.
fn with_sign_in(settings: &Settings, customer: &Customer, message: Message) -> Message {
    let sign_in = &settings.brand.return_url;
    if sign_in.is_empty() || customer.is_suspended() {
        message
    } else {
        message.button("Sign in", sign_in.clone())
    }
}

/// The account was recovered in time.
pub fn recovered(settings: &Settings, customer: &Customer) -> Mail {
    let paragraphs = vec![
        format!("Your account {} was recovered. It will not be deleted.", account_name(customer)),
        "You can use it as before. The freeze ended all earlier sessions; the access keys work again."
            .to_owned(),
    ];
    security_notice(
        settings,
        customer,
        "Your account is active again",
        paragraphs,
        "If neither you nor the operator did this",
    )
}

/// The account is deleted, and the deletion of its data has begun. `account` is the name that the account had.
pub fn deletion_begun(
    settings: &Settings,
    to: &str,
    account: &str,
    at: Timestamp,
    status_link: String,
) -> Mail {
    let paragraphs = vec![
        format!("Your account {account} was closed on {}. Its data is being deleted.", at.to_readable()),
        "The account cannot be recovered. You can open a new account with this e-mail address.".to_owned(),
    ];
    let small_print = vec![
        format!("If you did not want this, contact {}.", contact(settings)),
        "When everything is deleted, we send one last mail with the receipt.".to_owned(),
    ];
    let message = Message::new("Your account is being deleted", paragraphs, small_print);
    message.button(FOLLOW, status_link).render(settings, to)
}

/// Every row of the account is deleted, and the receipt is issued.
pub fn deletion_done(
    settings: &Settings,
    to: &str,
    account: &str,
    at: Timestamp,
    status_link: String,
) -> Mail {
    let paragraphs = vec![
        format!(
            "All data of your account {account} was deleted from the service. On {}, we verified this a second time.",
            at.to_readable()
        ),
        "The receipt proves the deletion. Its link works for a year. You can save the receipt and verify it without us."
            .to_owned(),
    ];
    let small_print = vec![
        "Backups and copies of the database keep the data for a few more days, and are then overwritten."
            .to_owned(),
        "This is the last mail about this account. After sending it, we delete your e-mail address, too."
            .to_owned(),
    ];
    let message = Message::new("Your account is deleted", paragraphs, small_print);
    message.button("Open the receipt", status_link).render(settings, to)
}
