//! Resuming a stalled cascade.

use std::future::ready;

use custodian_app::failure::ignore;
use custodian_app::{Context, Failure};
use custodian_domain::{CustomerId, Timestamp};
use futures::stream::{StreamExt, TryStreamExt, iter};

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

/// The maximum number of cascades that start concurrently.
const MAX_CONCURRENT_STARTS: usize = 8;

/// Resumes some cascades after the brake was released, those that were resumed longest ago first. Starts none after `stop_at`, or
/// after a failure. A failure is only logged, because the brake is released and `reconcile` resumes the rest.
pub async fn resume_some<S: OpenLedgers, E: CascadeQueue>(cx: &Context<S, E>, stop_at: Timestamp) {
    let now = cx.now();
    let resumed = async {
        let page = cx.store.stalled_since(now, None).await?;
        let started = iter(page.customers).take_while(|_| ready(cx.now() < stop_at));
        let start = |customer| start(cx, customer, now);
        started.map(start).buffer_unordered(MAX_CONCURRENT_STARTS).try_for_each(|_| ready(Ok(()))).await
    };
    ignore(resumed.await, "reconcile resumes the cascades");
}
