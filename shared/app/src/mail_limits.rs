//! Limits of the mails that strangers can cause, so that nobody can flood a mailbox through this service.

use custodian_domain::Customer;
use custodian_domain::profile::fold_case;

use crate::context::Context;
use crate::failure::Failure;
use crate::metrics::Metric;
use crate::ports::{MailToken, ReadThrottles, ReserveOutcome, StoreMailTokens, Throttle};
use crate::throttle::{MAIL_BY_ACCOUNT, MAIL_BY_RECIPIENT, consume, full_until, mail_budget, try_consume};

/// Whether a mail that a stranger caused is still to be sent, and may be sent. What is over a limit is dropped: the request got
/// its response already, which is the same for every address. A redelivered cause counts once.
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

/// Whether a mail to this address would be dropped, because strangers caused too many already.
pub(crate) async fn is_full<S: ReadThrottles, E>(
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

/// Counts a request of an account that mails another address, or refuses it with 429.
pub(crate) async fn count_request<S: Throttle, E>(
    cx: &Context<S, E>,
    customer: &Customer,
) -> Result<(), Failure> {
    consume(cx, MAIL_BY_ACCOUNT, &customer.id.to_string()).await
}
