//! Emptying one table for one customer.

use custodian_app::retry::{Retry, RetryBudget};
use custodian_app::{Context, Failure};
use custodian_domain::Timestamp;

use crate::files::remove_files;
use crate::ledger::StepState;
use crate::ports::{CascadeQueue, EmptyTables, KeyBatch, RemoveFiles};
use crate::steps::{STEPS, Step};
use crate::task::CascadeTask;

/// The outcome of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// The table holds no row of this customer.
    Completed,
    /// `stop_at` has passed. A new task continues the step.
    Continued,
    /// Nothing to do: the step does not exist or its ledger is complete, or the step must wait.
    Skipped,
}

/// Deletes the rows of a table until none is left or `stop_at` has passed.
pub async fn run_step<S: EmptyTables, E: CascadeQueue + RemoveFiles>(
    cx: &Context<S, E>,
    task: &CascadeTask,
    stop_at: Timestamp,
) -> Result<StepOutcome, Failure> {
    let customer = task.customer_id;
    let (Some(step), Some(mut state)) = (Step::named(&task.step), state(cx, task).await?) else {
        return Ok(StepOutcome::Skipped);
    };
    if cx.store.must_wait(customer, step, cx.now()).await? {
        return Ok(StepOutcome::Skipped);
    }
    loop {
        let batch = cx.store.find_keys(customer, step).await?;
        if batch.keys.is_empty() {
            cx.store.close(customer, step, cx.now()).await?;
            log_progress(task, &state, "completed");
            start_next(cx, step, task).await?;
            return Ok(StepOutcome::Completed);
        }
        remove_files(cx, customer, step).await?;
        state = count(cx, task, state, &batch).await?;
        cx.store.remove(customer, step, &batch).await?;
        if cx.now() >= stop_at {
            log_progress(task, &state, "continued");
            cx.services.enqueue_tasks(&[task.next_hop()]).await?;
            return Ok(StepOutcome::Continued);
        }
    }
}

fn log_progress(task: &CascadeTask, state: &StepState, outcome: &'static str) {
    let (step, removed) = (&*task.step, state.removed);
    tracing::info!(customer_id = %task.customer_id, step, removed, hop = task.hop, outcome, "cascade step progressed");
}

/// The state of the task's step, if its ledger is open.
async fn state<S: EmptyTables, E>(
    cx: &Context<S, E>,
    task: &CascadeTask,
) -> Result<Option<StepState>, Failure> {
    let ledger = cx.store.ledger(task.customer_id).await?.filter(|ledger| !ledger.completed);
    Ok(ledger.and_then(|ledger| ledger.steps.into_iter().find(|state| state.step == task.step)))
}

/// Counts the rows of a batch that are not counted yet. The count fails if another worker has counted since the step was read,
/// or if the response to this worker's own count was lost. The worker then rereads the step and counts only the rest.
async fn count<S: EmptyTables, E>(
    cx: &Context<S, E>,
    task: &CascadeTask,
    state: StepState,
    batch: &KeyBatch,
) -> Result<StepState, Failure> {
    let (mut state, mut retry) = (state, Retry::new("the ledger", RetryBudget::Request));
    loop {
        let counted_to = state.counted_to.as_deref();
        let uncounted = |key: &&String| counted_to.is_none_or(|counted| key.as_str() > counted);
        let fresh = batch.keys.iter().filter(uncounted).count() as u64;
        let Some(last) = batch.keys.last().filter(|_| fresh > 0) else {
            return Ok(state);
        };
        let now = cx.now();
        if cx.store.record_count(task.customer_id, &state, fresh, last, now).await? {
            let removed = state.removed + fresh;
            return Ok(StepState { removed, counted_to: Some(last.clone()), tm_progress: now, ..state });
        }
        retry.wait(&*cx.providers.entropy).await?;
        match self::state(cx, task).await? {
            Some(read) if !read.closed => state = read,
            // Another worker has counted and deleted every row of this batch.
            _ => return Ok(state),
        }
    }
}

/// Enqueues the steps that waited for this closed step, and completes the ledger after the last step.
async fn start_next<S: EmptyTables, E: CascadeQueue>(
    cx: &Context<S, E>,
    step: &Step,
    task: &CascadeTask,
) -> Result<(), Failure> {
    let customer = task.customer_id;
    let next = STEPS.iter().filter(|next| next.after == Some(step.table));
    let tasks: Vec<_> = next.map(|next| CascadeTask::first(customer, next.table)).collect();
    cx.services.enqueue_tasks(&tasks).await?;
    match cx.store.ledger(customer).await? {
        Some(ledger) if !ledger.completed && ledger.is_complete() => {
            cx.store.complete(customer, &ledger.removed(), cx.now()).await
        }
        _ => Ok(()),
    }
}
