//! Reading the rows of a step page by page, and counting each page before its rows are deleted.
//!
//! A count is conditional on the number of rows counted so far, and a page is always read after this number. So if the count
//! succeeds, no other worker has counted a row since the page was read.

use custodian_app::retry::{Retry, RetryBudget};
use custodian_app::{Context, Failure};

use crate::ledger::StepState;
use crate::ports::{EmptyTables, KeyBatch};
use crate::steps::Step;
use crate::task::CascadeTask;

/// What the next read of the table found.
#[derive(Debug)]
pub(crate) enum NextPage {
    /// Rows that are counted and may be deleted.
    Counted(KeyBatch),
    /// The table holds no row of the customer.
    Empty,
    /// Another worker has closed the step or completed the ledger.
    Closed,
    /// A hold or the brake stops the cascade.
    Paused,
}

/// The pages of a step's rows.
pub(crate) struct CountedPages<'a, S, E> {
    cx: &'a Context<S, E>,
    task: &'a CascadeTask,
    step: &'static Step,
    pub(crate) state: StepState,
}

impl<'a, S: EmptyTables, E: Sync> CountedPages<'a, S, E> {
    /// The pages of the task's step, if its ledger is open.
    pub(crate) async fn of(
        cx: &'a Context<S, E>,
        task: &'a CascadeTask,
        step: &'static Step,
    ) -> Result<Option<Self>, Failure> {
        Ok(state(cx, task).await?.map(|state| Self { cx, task, step, state }))
    }

    /// Reads and counts the first page of the rows that are left. The count fails if another worker has counted since the step
    /// was read, or if the response to this worker's own count was lost. The worker then reads the step and the page again.
    pub(crate) async fn first(&mut self) -> Result<NextPage, Failure> {
        let mut retry = Retry::new("the ledger", RetryBudget::Short);
        loop {
            if self.is_paused().await? {
                return Ok(NextPage::Paused);
            }
            let batch = self.read(None).await?;
            if batch.keys.is_empty() {
                return Ok(NextPage::Empty);
            }
            // The rows of a closed step are left to the check before the ledger is completed, which opens the step again.
            if self.state.closed {
                return Ok(NextPage::Closed);
            }
            if self.count(&batch).await? {
                return Ok(NextPage::Counted(batch));
            }
            retry.wait(&*self.cx.providers.entropy).await?;
            match state(self.cx, self.task).await? {
                Some(read) => self.state = read,
                None => return Ok(NextPage::Closed),
            }
        }
    }

    /// Whether a hold or the brake stops the cascade.
    pub(crate) async fn is_paused(&self) -> Result<bool, Failure> {
        self.cx.store.is_paused(self.task.customer_id, self.cx.now()).await
    }

    async fn read(&self, after: Option<&str>) -> Result<KeyBatch, Failure> {
        self.cx.store.find_keys(self.task.customer_id, self.step, after).await
    }

    /// Reads and counts the page after `batch`, while the rows of `batch` are being deleted. Returns `None` if there is none, or
    /// if another worker has counted.
    pub(crate) async fn after(&mut self, batch: &KeyBatch) -> Result<Option<KeyBatch>, Failure> {
        let Some(last) = batch.keys.last().filter(|_| batch.has_more) else {
            return Ok(None);
        };
        let next = self.read(Some(last.as_str())).await?;
        Ok(if !next.keys.is_empty() && self.count(&next).await? { Some(next) } else { None })
    }

    /// Counts the rows of a page that are not counted yet. Returns false if the step has changed since it was read.
    async fn count(&mut self, batch: &KeyBatch) -> Result<bool, Failure> {
        let counted_to = self.state.counted_to.as_deref();
        let uncounted = |key: &&String| counted_to.is_none_or(|counted| key.as_str() > counted);
        let fresh = batch.keys.iter().filter(uncounted).count() as u64;
        let Some(last) = batch.keys.last().filter(|_| fresh > 0) else {
            return Ok(true);
        };
        let now = self.cx.now();
        let counted =
            self.cx.store.record_count(self.task.customer_id, &self.state, fresh, last, now).await?;
        if counted {
            self.state.removed += fresh;
            self.state.counted_to = Some(last.clone());
            self.state.tm_progress = now;
        }
        Ok(counted)
    }
}

/// The state of the task's step, if its ledger is open.
async fn state<S: EmptyTables, E>(
    cx: &Context<S, E>,
    task: &CascadeTask,
) -> Result<Option<StepState>, Failure> {
    let ledger = cx.store.ledger(task.customer_id).await?.filter(|ledger| !ledger.completed);
    Ok(ledger.and_then(|ledger| ledger.steps.into_iter().find(|state| state.step == task.step)))
}
