//! Emptying one table for one customer.

use custodian_app::retry::{Patience, Race};
use custodian_app::{Context, Failure};
use custodian_domain::Timestamp;

use crate::{Emptying, Page, STEPS, Step, StepState, Task, Tasks};

/// Where a worker's share ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worked {
    /// The table is empty for this customer; nobody needs to come back.
    Closed,
    /// There is more; it was handed on in a new message.
    HandedOn,
    /// There is nothing to do: no such deletion, or it was done before, or what is left is needed for a while.
    Nothing,
}

/// Empties a table until it is empty or `stop_at` has come.
pub async fn work<S: Emptying, E: Tasks>(
    cx: &Context<S, E>,
    task: &Task,
    stop_at: Timestamp,
) -> Result<Worked, Failure> {
    let customer = task.customer_id;
    let (Some(step), Some(mut state)) = (Step::named(&task.step), state(cx, task).await?) else {
        return Ok(Worked::Nothing);
    };
    if cx.store.is_needed(customer, step, cx.now()).await? {
        return Ok(Worked::Nothing);
    }
    loop {
        let page = cx.store.page(customer, step).await?;
        if page.keys.is_empty() {
            cx.store.close(customer, step, cx.now()).await?;
            tell(task, &state, "closed");
            finish(cx, step, task).await?;
            return Ok(Worked::Closed);
        }
        state = count(cx, task, state, &page).await?;
        cx.store.remove(customer, step, &page).await?;
        if cx.now() >= stop_at {
            tell(task, &state, "handed on");
            cx.ends.hand_out(&[Task { hop: task.hop + 1, ..task.clone() }]).await?;
            return Ok(Worked::HandedOn);
        }
    }
}

/// How far a step has come, for whoever waits for its end.
fn tell(task: &Task, state: &StepState, came_to: &'static str) {
    let (step, removed) = (&*task.step, state.removed);
    tracing::info!(customer_id = %task.customer_id, step, removed, hop = task.hop, came_to, "a step has come on");
}

/// How far the task's step has come, if there is such a deletion and it is not sealed.
async fn state<S: Emptying, E>(cx: &Context<S, E>, task: &Task) -> Result<Option<StepState>, Failure> {
    let ledger = cx.store.ledger(task.customer_id).await?.filter(|ledger| !ledger.sealed);
    Ok(ledger.and_then(|ledger| ledger.steps.into_iter().find(|state| state.step == task.step)))
}

/// Counts the rows of a page that were not counted before. If another worker has counted in between, or the
/// answer to our own count was lost, the step is read again and only what it does not know yet is counted.
async fn count<S: Emptying, E>(
    cx: &Context<S, E>,
    task: &Task,
    state: StepState,
    page: &Page,
) -> Result<StepState, Failure> {
    let (mut state, mut race) = (state, Race::new("the ledger", Patience::Request));
    loop {
        let known = state.counted_to.as_deref();
        let fresh =
            page.keys.iter().filter(|key| known.is_none_or(|known| key.as_str() > known)).count() as u64;
        let Some(last) = page.keys.last().filter(|_| fresh > 0) else {
            return Ok(state);
        };
        let now = cx.now();
        if cx.store.count(task.customer_id, &state, fresh, last, now).await? {
            let removed = state.removed + fresh;
            return Ok(StepState { removed, counted_to: Some(last.clone()), tm_progress: now, ..state });
        }
        race.again(&*cx.sources.entropy).await?;
        match self::state(cx, task).await? {
            Some(read) if !read.closed => state = read,
            // Everything on this page is counted and gone by now.
            _ => return Ok(state),
        }
    }
}

/// After a step is closed: those that waited for it start, and the last one seals the ledger.
async fn finish<S: Emptying, E: Tasks>(cx: &Context<S, E>, step: &Step, task: &Task) -> Result<(), Failure> {
    let customer = task.customer_id;
    let next = STEPS.iter().filter(|next| next.after == Some(step.table));
    let tasks: Vec<_> =
        next.map(|next| Task { customer_id: customer, step: next.table.to_owned(), hop: 0 }).collect();
    cx.ends.hand_out(&tasks).await?;
    match cx.store.ledger(customer).await? {
        Some(ledger) if !ledger.sealed && ledger.is_complete() => {
            cx.store.seal(customer, &ledger.removed(), cx.now()).await
        }
        _ => Ok(()),
    }
}
