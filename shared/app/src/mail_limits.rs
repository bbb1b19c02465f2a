//! Limits of the mails that strangers can cause. They prevent an attacker from flooding a mailbox through this service.

use custodian_domain::Customer;
use custodian_domain::profile::fold_case;

use crate::context::Context;
use crate::failure::Failure;
use crate::metrics::Metric;
use crate::ports::{MailToken, ReadThrottles, ReserveOutcome, StoreMailTokens, Throttle};
use crate::rate_limits::{MAIL_BY_ACCOUNT, MAIL_BY_RECIPIENT, mail_budget};
use crate::throttle::{consume, full_until, try_consume};

/// Whether to send a mail that a stranger caused: it was not sent before, and it is within the limits. A mail over a limit is
/// dropped. The stranger does not notice, because the request got its response earlier. A redelivered cause does not count if its
/// mail was sent.
pub(crate) async fn permits<S: Throttle + StoreMailTokens, E>(
    cx: &Context<S, E>,
    mail: &MailToken,
) -> Result<bool, Failure> {
    if cx.store.was_mailed(mail.customer_id, mail.purpose, mail.cause).await? {
        return Ok(false);
    }
    let recipient = fold_case(&mail.email);
    for limit in MAIL_BY_RECIPIENT {
        if try_consume(cx, limit, &recipient).await? != ReserveOutcome::Reserved {
            cx.metrics.record(&[Metric::MailsDropped]);
            return Ok(false);
        }
    }
    let budget = mail_budget(cx.settings.mails_per_hour);
    if try_consume(cx, budget, "").await? != ReserveOutcome::Reserved {
        cx.metrics.record(&[Metric::MailsDropped, Metric::MailBudgetSpent]);
        return Ok(false);
    }
    Ok(true)
}

/// Whether the limits of this address would drop the next mail to it. If so, records a dropped mail, because the caller sends
/// none.
pub(crate) async fn drop_if_full<S: ReadThrottles, E>(
    cx: &Context<S, E>,
    recipient: &str,
) -> Result<bool, Failure> {
    let recipient = fold_case(recipient);
    for limit in MAIL_BY_RECIPIENT {
        if full_until(cx, limit, &recipient).await?.is_some() {
            cx.metrics.record(&[Metric::MailsDropped]);
            return Ok(true);
        }
    }
    Ok(false)
}

/// Counts a request to set another e-mail address for an account, or refuses it with 429.
pub(crate) async fn count_request<S: Throttle, E>(
    cx: &Context<S, E>,
    customer: &Customer,
) -> Result<(), Failure> {
    consume(cx, MAIL_BY_ACCOUNT, &customer.id.to_string()).await
}
