//! Opening the steps of a cascade, and enqueueing those that are ready.

use custodian_app::{Context, Failure};
use custodian_domain::{CustomerId, Timestamp};

use crate::ledger::Ledger;
use crate::ports::{CascadeQueue, Ledgers};
use crate::steps::{STEPS, Step};
use crate::task::CascadeTask;

/// Opens the steps that the ledger does not have yet, and enqueues the steps that are ready and have made no progress since
/// `stalled_since`. Returns the ledger if all its steps are closed. Does nothing if the customer has no open ledger,
/// or while the cascade is paused.
pub async fn start<S: Ledgers, E: CascadeQueue>(
    cx: &Context<S, E>,
    customer: CustomerId,
    stalled_since: Timestamp,
) -> Result<Option<Ledger>, Failure> {
    let Some(mut ledger) = cx.store.ledger(customer).await?.filter(|ledger| !ledger.completed) else {
        return Ok(None);
    };
    if cx.store.is_paused(customer, cx.now()).await? {
        return Ok(None);
    }
    // A ledger of an earlier release lacks the steps of the tables that were added since.
    let missing: Vec<Step> = STEPS.iter().filter(|step| !ledger.has_step(step.table)).copied().collect();
    if !missing.is_empty() {
        // New steps count as stalled, so that the code below enqueues them.
        cx.store.open_steps(customer, &missing, stalled_since).await?;
        ledger.steps = cx.store.ledger(customer).await?.map(|ledger| ledger.steps).unwrap_or_default();
    }
    if ledger.all_steps_closed() {
        return Ok(Some(ledger));
    }
    cx.store.mark_resumed(customer, cx.now()).await?;
    let tasks: Vec<_> = ledger
        .ready()
        .filter(|state| state.tm_progress <= stalled_since)
        .map(|state| CascadeTask::first(customer, &state.step))
        .collect();
    cx.services.enqueue_tasks(&tasks).await?;
    Ok(None)
}
