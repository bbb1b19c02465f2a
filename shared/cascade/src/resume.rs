//! Resuming a stalled cascade.

use custodian_app::{Context, Failure};
use custodian_domain::{CustomerId, Timestamp};

use crate::completion::complete;
use crate::ports::{CascadeQueue, FindRows, Ledgers};
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
