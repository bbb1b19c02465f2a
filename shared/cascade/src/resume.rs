//! Starting a cascade, and resuming a stalled one.

use custodian_app::{Context, Failure};
use custodian_domain::{CustomerId, Timestamp};

use crate::ports::{CascadeQueue, Ledgers, OpenLedgers};
use crate::steps::STEPS;
use crate::task::CascadeTask;

/// Opens the steps if necessary, and enqueues the steps that are ready and have made no progress since `stalled_since`. If all
/// steps are closed, it completes the ledger. It does nothing if the customer has no open ledger, or while the cascade is paused.
pub async fn resume<S: Ledgers, E: CascadeQueue>(
    cx: &Context<S, E>,
    customer: CustomerId,
    stalled_since: Timestamp,
) -> Result<(), Failure> {
    let Some(mut ledger) = cx.store.ledger(customer).await?.filter(|ledger| !ledger.completed) else {
        return Ok(());
    };
    if cx.store.is_paused(customer, cx.now()).await? {
        return Ok(());
    }
    if ledger.steps.is_empty() {
        // New steps count as stalled, so that the code below enqueues them.
        cx.store.open_steps(customer, STEPS, stalled_since).await?;
        ledger.steps = cx.store.ledger(customer).await?.map(|ledger| ledger.steps).unwrap_or_default();
    }
    if ledger.is_complete() {
        return cx.store.complete(customer, &ledger.removed(), cx.now()).await;
    }
    cx.store.mark_resumed(customer, cx.now()).await?;
    let tasks: Vec<_> = ledger
        .ready()
        .filter(|state| state.tm_progress <= stalled_since)
        .map(|state| CascadeTask::first(customer, &state.step))
        .collect();
    cx.services.enqueue_tasks(&tasks).await
}

/// Resumes the cascades that made no progress for the longest time, after the brake was released.
pub async fn resume_all<S: OpenLedgers, E: CascadeQueue>(cx: &Context<S, E>) -> Result<(), Failure> {
    let now = cx.now();
    for customer in cx.store.stalled_since(now).await? {
        resume(cx, customer, now).await?;
    }
    Ok(())
}
