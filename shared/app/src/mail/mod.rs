//! The mails. A mail is sent once per cause.
//!
//! `texts` and `notices` say what each mail says, `message` renders it as text and HTML, `sender` names the sender.

mod message;
mod notices;
mod sender;
mod texts;

use custodian_auth::mail_token;
use custodian_domain::fields::is_email;
use custodian_domain::{Cause, Customer, Status};

pub use self::message::{Button, Message, escape_html};
pub use self::notices::{
    access_key_created, administrator_added, administrator_removed, deletion_begun, email_changed,
    email_replaced, frozen, password_set, recovered, username_changed, webhook_disabled,
};
pub use self::sender::sender;
pub use self::texts::{
    account_exists, confirm_email_change, email_change_requested, password_reset, verification,
};
use crate::context::{Context, Settings};
use crate::failure::Failure;
use crate::ports::{Mail, MailToken, Mailer, Purpose, StoreMailTokens, StoreTokenOutcome};
use crate::retry::{Retry, RetryBudget};

/// The headers of every mail. RFC 3834: an automatic responder does not answer a mail with this header.
pub const HEADERS: [(&str, &str); 1] = [("Auto-Submitted", "auto-generated")];

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

/// Sends mails without a link, once per cause. Each cause has a record of its own, so no notice suppresses another.
pub(crate) async fn send_notice<S: StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    customer: &Customer,
    cause: Cause,
    mails: &[Mail],
) -> Result<(), Failure> {
    let now = cx.now();
    let stored = MailToken {
        hash: mail_token::hash(&mail_token::new(cx.providers.random())),
        customer_id: customer.id,
        cause,
        purpose: Purpose::Notice { notice_id: cause.id },
        email: customer.profile.email.clone(),
        bound_to: String::new(),
        tm_expire: now,
        keep_until: now.plus(Settings::DAY),
    };
    send_once(cx, &stored, Status::NOT_TERMINAL, mails).await
}

/// The name by which a person knows an account: its name, or its e-mail address. A stranger can choose the name in a signup,
/// so a name that could pass for a message or a link is not shown.
pub fn account_name(customer: &Customer) -> &str {
    plain_name(&customer.profile.name).unwrap_or(&customer.profile.email)
}

/// A name that cannot pass for a message or a link.
fn plain_name(name: &str) -> Option<&str> {
    const MAX_SHOWN: usize = 80;
    let is_plain = !name.is_empty() && name.chars().count() <= MAX_SHOWN;
    let has_link = ["://", "www.", "@"].iter().any(|part| name.to_lowercase().contains(part));
    (is_plain && !has_link).then_some(name)
}

/// How a mail names an agent: by its username, which may be an e-mail address.
fn agent_name(username: &str) -> &str {
    let is_address = is_email(username) && username.chars().count() <= 120;
    if is_address { username } else { plain_name(username).unwrap_or("an agent") }
}
