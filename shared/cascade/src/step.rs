//! Emptying one table for one customer.

use custodian_app::{Context, Failure};
use custodian_domain::Timestamp;
use futures::future::join;

use crate::completion::complete;
use crate::counted_pages::{CountedPages, NextPage};
use crate::files::remove_files;
use crate::ledger::StepState;
use crate::ports::{CascadeQueue, EmptyTables, RemoveFiles};
use crate::steps::{STEPS, Step};
use crate::task::CascadeTask;

/// The outcome of one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// The step is closed, by this worker or another one.
    Completed,
    /// `stop_at` has passed. A new task continues the step.
    Continued,
    /// Nothing to do: the step does not exist or its ledger is complete, or the step waits for the deletion notice or the first
    /// mail, or the cascade is paused.
    Skipped,
}

/// Deletes the rows of a table until none is left, `stop_at` has passed or the cascade is paused. While it deletes the rows of one
/// page, it reads and counts the next page.
pub async fn run_step<S: EmptyTables, E: CascadeQueue + RemoveFiles>(
    cx: &Context<S, E>,
    task: &CascadeTask,
    stop_at: Timestamp,
) -> Result<StepOutcome, Failure> {
    let customer = task.customer_id;
    let Some(step) = Step::named(&task.step) else {
        return Ok(StepOutcome::Skipped);
    };
    let Some(mut pages) = CountedPages::of(cx, task, step).await? else {
        return Ok(StepOutcome::Skipped);
    };
    if cx.store.awaits_notice(customer, step, cx.now()).await? {
        return Ok(StepOutcome::Skipped);
    }
    let (mut next, mut deleted_some) = (pages.first().await?, false);
    while let NextPage::Counted(batch) = next {
        // Before each batch but the first. A task that stops here leaves a counted batch, whose rows the next task deletes.
        if deleted_some && cx.now() >= stop_at {
            log_progress(task, &pages.state, "continued");
            cx.services.enqueue_tasks(&[task.next_hop()]).await?;
            return Ok(StepOutcome::Continued);
        }
        remove_files(cx, customer, step).await?;
        let (removed, ahead) = join(cx.store.remove(customer, step, &batch), pages.after(&batch)).await;
        removed?;
        deleted_some = true;
        next = match ahead? {
            // A hold or the brake may have been set since the page was read.
            Some(_) if pages.is_paused().await? => NextPage::Paused,
            Some(batch) => NextPage::Counted(batch),
            None => pages.first().await?,
        };
    }
    if matches!(next, NextPage::Paused) {
        log_progress(task, &pages.state, "paused");
        return Ok(StepOutcome::Skipped);
    }
    if matches!(next, NextPage::Empty) {
        // An export worker may have completed a file after the last row was deleted. Or a restore of the table may have lost the
        // rows, so that no batch removed the files.
        remove_files(cx, customer, step).await?;
        cx.store.close(customer, step, cx.now()).await?;
    }
    log_progress(task, &pages.state, "completed");
    start_next(cx, step, task).await?;
    Ok(StepOutcome::Completed)
}

fn log_progress(task: &CascadeTask, state: &StepState, outcome: &'static str) {
    let (step, removed) = (&*task.step, state.removed);
    tracing::info!(customer_id = %task.customer_id, step, removed, hop = task.hop, outcome, "cascade step progressed");
}

/// Enqueues the steps that come after this closed step, and completes the ledger after the last step.
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
        Some(ledger) if !ledger.completed && ledger.all_steps_closed() => {
            complete(cx, customer, &ledger).await
        }
        _ => Ok(()),
    }
}
