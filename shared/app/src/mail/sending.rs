//! Sending mails, once per cause.

use custodian_auth::mail_token;
use custodian_domain::{Cause, Customer, Status};

use crate::context::Context;
use crate::deletion_link::{self, create_link};
use crate::failure::Failure;
use crate::mail_limits;
use crate::ports::{
    DeletionLinks, Mail, MailToken, Mailer, Purpose, StoreMailTokens, StoreTokenOutcome, Throttle,
};
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
    if mails.iter().any(has_recipient) && store_token(cx, token, statuses).await? {
        send_all(cx, token, mails).await
    } else {
        Ok(())
    }
}

/// Whether a mail has a recipient. The platform's own account may have no address.
const fn has_recipient(mail: &Mail) -> bool {
    !mail.to.is_empty()
}

/// Stores a token. Returns whether its mails must be sent.
async fn store_token<S: StoreMailTokens, E>(
    cx: &Context<S, E>,
    token: &MailToken,
    statuses: &'static [Status],
) -> Result<bool, Failure> {
    let mut retry = Retry::new("a mailed link", RetryBudget::Short);
    loop {
        match cx.store.store_mail_token(token, statuses).await? {
            StoreTokenOutcome::Done => return Ok(true),
            StoreTokenOutcome::AlreadyMailed | StoreTokenOutcome::GateClosed => return Ok(false),
            // A concurrent worker stored a token. Its cause may be earlier or later.
            StoreTokenOutcome::Stale => retry.wait(&*cx.providers.entropy).await?,
        }
    }
}

async fn send_all<S: StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    token: &MailToken,
    mails: &[Mail],
) -> Result<(), Failure> {
    for mail in mails {
        if has_recipient(mail) {
            cx.services.send_mail(mail, Some(token.customer_id)).await?;
        }
    }
    cx.store.record_mailed(token).await
}

/// Sends mails that a stranger caused, once per cause and within the limits of such mails.
pub(crate) async fn send_once_limited<S: StoreMailTokens + Throttle, E: Mailer>(
    cx: &Context<S, E>,
    token: &MailToken,
    statuses: &'static [Status],
    mails: &[Mail],
) -> Result<(), Failure> {
    if mail_limits::permits(cx, token).await? { send_once(cx, token, statuses, mails).await } else { Ok(()) }
}

/// Sends notices, once per cause.
pub(crate) async fn send_notice<S: StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    customer: &Customer,
    cause: Cause,
    mails: &[Mail],
) -> Result<(), Failure> {
    send_once(cx, &notice_token(cx, customer, cause), Status::NOT_TERMINAL, mails).await
}

/// Sends a mail with a link to the account's deletion, once per cause. The link is stored only if the mail must be sent.
pub(crate) async fn send_notice_with_link<S: StoreMailTokens + DeletionLinks, E: Mailer>(
    cx: &Context<S, E>,
    customer: &Customer,
    cause: Cause,
    mail: impl FnOnce(String) -> Mail,
) -> Result<(), Failure> {
    let token = notice_token(cx, customer, cause);
    if !store_token(cx, &token, Status::NOT_TERMINAL).await? {
        return Ok(());
    }
    let link = deletion_link::url(&cx.settings, &create_link(cx, customer.id).await?);
    send_all(cx, &token, &[mail(link)]).await
}

/// The record of a sent notice. Each cause has a separate record, so no notice suppresses another.
pub(crate) fn notice_token<S, E>(cx: &Context<S, E>, customer: &Customer, cause: Cause) -> MailToken {
    let token = mail_token::new(cx.providers.random());
    let purpose = Purpose::Notice { notice_id: cause.id };
    MailToken::new(&token, customer.id, cause, purpose, &customer.profile.email, cx.now())
}
