//! The ports of the cascade.

use std::collections::BTreeMap;
use std::future::Future;

use custodian_app::Failure;
use custodian_domain::{CustomerId, Hold, Timestamp};

use crate::ledger::{Ledger, StepState, UnfinishedLedgers};
use crate::steps::Step;
use crate::task::CascadeTask;

/// Reading and resuming a ledger.
pub trait Ledgers: Send + Sync {
    fn ledger(&self, customer: CustomerId) -> impl Future<Output = Result<Option<Ledger>, Failure>> + Send;

    /// Whether a hold on this ledger or the brake stops the cascade.
    fn is_paused(
        &self,
        customer: CustomerId,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Places a hold on an open ledger. Returns false if the ledger is not open.
    fn place_ledger_hold(
        &self,
        customer: CustomerId,
        hold: &Hold,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Removes this hold from a ledger. Returns false if the ledger has another hold or none.
    fn remove_ledger_hold(
        &self,
        customer: CustomerId,
        hold: &Hold,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Opens steps that the ledger does not have yet, unless another worker has opened them. `tm_progress` becomes the time of
    /// their last progress.
    fn open_steps(
        &self,
        customer: CustomerId,
        steps: &[Step],
        tm_progress: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Moves an open ledger to the end of the list of stalled ledgers.
    fn mark_resumed(
        &self,
        customer: CustomerId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Completes a ledger and stores when each table was verified empty. It also removes the hold, because nothing is left to
    /// delete. Does nothing if the ledger is complete, or if one of the steps is not closed or has another count.
    fn complete(
        &self,
        customer: CustomerId,
        removed: &BTreeMap<String, u64>,
        verified: &[VerifiedTable],
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Opens these closed steps again, and the ledger if it is complete. Adds a step that the ledger does not have. Does nothing
    /// if another worker has opened one of the steps.
    fn reopen(
        &self,
        customer: CustomerId,
        ledger: &Ledger,
        steps: &[&Step],
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A table without rows of a customer, and when this was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedTable {
    pub table: &'static str,
    pub at: Timestamp,
}

/// Some ledgers, in the order of [`LedgerCursor::tm_resumed`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerPage {
    pub customers: Vec<CustomerId>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<LedgerCursor>,
}

/// The position of a ledger among those in the same state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerCursor {
    /// When the ledger was last opened, resumed, completed or confirmed. Unlike `StepState::tm_progress`, it does not change when
    /// rows are deleted.
    pub tm_resumed: Timestamp,
    pub customer: CustomerId,
}

/// Finding stalled deletions.
pub trait OpenLedgers: Ledgers {
    /// The next customers whose open ledger was last resumed at `before` or earlier, the longest stalled first.
    fn stalled_since(
        &self,
        before: Timestamp,
        after: Option<LedgerCursor>,
    ) -> impl Future<Output = Result<LedgerPage, Failure>> + Send;

    fn unfinished(&self) -> impl Future<Output = Result<UnfinishedLedgers, Failure>> + Send;
}

/// Verifying completed deletions.
pub trait CompletedLedgers: Ledgers {
    /// The next customers whose ledger was completed at `before` or earlier and is not verified yet, the oldest first.
    fn completed_before(
        &self,
        before: Timestamp,
        after: Option<LedgerCursor>,
    ) -> impl Future<Output = Result<LedgerPage, Failure>> + Send;

    /// When the oldest ledger that is complete but not verified yet was completed.
    fn oldest_unverified(&self) -> impl Future<Output = Result<Option<Timestamp>, Failure>> + Send;

    /// Records that the verification found no row, and when it verified each table, and stores the receipt unless the deletion has
    /// one. Does nothing if the ledger is verified already, was reopened, or was completed again since `ledger` was read.
    fn mark_verified(
        &self,
        customer: CustomerId,
        ledger: &Ledger,
        verified: &[VerifiedTable],
        receipt: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// The next customers whose deletion was verified at `before` or earlier and whose last mail is not sent yet, the oldest first.
    fn unsent_last_mails(
        &self,
        before: Timestamp,
        after: Option<LedgerCursor>,
    ) -> impl Future<Output = Result<LedgerPage, Failure>> + Send;

    /// Records that nothing is left to do for a verified deletion.
    fn close_ledger(&self, customer: CustomerId) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The keys of some of a step's rows.
#[derive(Clone, Debug, Default)]
pub struct KeyBatch {
    /// The key of each row, ascending.
    pub keys: Vec<String>,
    /// With [`crate::KeyLayout::Pairs`]: the key of each row's second row.
    pub pairs: Vec<String>,
    /// Whether rows may follow after the last key.
    pub has_more: bool,
}

/// Finding a customer's rows.
pub trait FindRows: Send + Sync {
    /// The first rows of a step after the key `after`, by a consistent query. Without `after`, an empty batch means that the
    /// table holds no row of the customer.
    fn find_keys(
        &self,
        customer: CustomerId,
        step: &Step,
        after: Option<&str>,
    ) -> impl Future<Output = Result<KeyBatch, Failure>> + Send;
}

/// Emptying a table.
pub trait EmptyTables: Ledgers + FindRows {
    /// Whether the step must wait for the deletion notice or the first mail about the deletion. It waits for an hour at most.
    fn awaits_notice(
        &self,
        customer: CustomerId,
        step: &Step,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Counts rows up to a key. Returns false if another worker has counted or closed the step since `state` was read.
    fn record_count(
        &self,
        customer: CustomerId,
        state: &StepState,
        rows: u64,
        counted_to: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Deletes these rows, and ignores missing ones. If DynamoDB throttles the deletions, some rows may remain for a later
    /// batch.
    fn remove(
        &self,
        customer: CustomerId,
        step: &Step,
        batch: &KeyBatch,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    fn close(
        &self,
        customer: CustomerId,
        step: &Step,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The queue of the cascade workers.
pub trait CascadeQueue: Send + Sync {
    fn enqueue_tasks(&self, tasks: &[CascadeTask]) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The files of deleted accounts.
pub trait RemoveFiles: Send + Sync {
    /// Removes every export file of the account, and every upload that was begun.
    fn remove_files(&self, customer: CustomerId) -> impl Future<Output = Result<(), Failure>> + Send;
}
