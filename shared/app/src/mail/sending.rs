//! Sending mails, once per cause.

use custodian_auth::mail_token;
use custodian_domain::{Cause, Customer, Status};

use crate::context::{Context, Settings};
use crate::failure::Failure;
use crate::ports::{Mail, MailToken, Mailer, Purpose, StoreMailTokens, StoreTokenOutcome};
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
        used: false,
    };
    send_once(cx, &stored, Status::NOT_TERMINAL, mails).await
}
