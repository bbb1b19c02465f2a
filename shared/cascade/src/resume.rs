//! Resuming a stalled cascade.

use custodian_app::{Context, Failure};
use custodian_domain::{CustomerId, Timestamp};

use crate::completion::complete;
use crate::ports::{CascadeQueue, FindRows, Ledgers, OpenLedgers};
use crate::start::start;

/// Starts the steps that have made no progress since `stalled_since`. If all steps are closed, it completes the ledger.
pub async fn resume<S: Ledgers + FindRows, E: CascadeQueue>(
    cx: &Context<S, E>,
    customer: CustomerId,
    stalled_since: Timestamp,
) -> Result<(), Failure> {
    match start(cx, customer, stalled_since).await? {
        Some(ledger) => complete(cx, customer, &ledger).await,
        None => Ok(()),
    }
}

/// Resumes the cascades that made no progress for the longest time, after the brake was released.
pub async fn resume_all<S: OpenLedgers, E: CascadeQueue>(cx: &Context<S, E>) -> Result<(), Failure> {
    let now = cx.now();
    for customer in cx.store.stalled_since(now, None).await?.customers {
        start(cx, customer, now).await?;
    }
    Ok(())
}
