//! The ports of the cascade.

use std::collections::BTreeMap;
use std::future::Future;

use custodian_app::Failure;
use custodian_domain::{CustomerId, Timestamp};

use crate::ledger::{Ledger, StepState, UnfinishedLedgers};
use crate::steps::Step;
use crate::task::CascadeTask;

/// Reading and resuming a ledger.
pub trait Ledgers: Send + Sync {
    fn ledger(&self, customer: CustomerId) -> impl Future<Output = Result<Option<Ledger>, Failure>> + Send;

    /// Opens the steps, unless they are open already.
    fn open_steps(
        &self,
        customer: CustomerId,
        steps: &[Step],
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Moves an open ledger to the end of the list of stalled ledgers.
    fn mark_resumed(
        &self,
        customer: CustomerId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Completes a ledger whose steps are all closed. Does nothing if the ledger is complete.
    fn complete(
        &self,
        customer: CustomerId,
        removed: &BTreeMap<String, u64>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Finding stalled deletions.
pub trait OpenLedgers: Ledgers {
    /// Some customers whose open ledger was last resumed before `before`, the longest stalled first.
    fn stalled_since(
        &self,
        before: Timestamp,
    ) -> impl Future<Output = Result<Vec<CustomerId>, Failure>> + Send;

    fn unfinished(&self) -> impl Future<Output = Result<UnfinishedLedgers, Failure>> + Send;
}

/// Verifying completed deletions.
pub trait CompletedLedgers: Ledgers {
    /// Some customers whose ledger was completed before `before` and is not verified yet, the oldest first.
    fn completed_before(
        &self,
        before: Timestamp,
    ) -> impl Future<Output = Result<Vec<CustomerId>, Failure>> + Send;

    /// Records that the verification found no row.
    fn mark_verified(
        &self,
        customer: CustomerId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Reopens a completed ledger and these steps, unless another worker has reopened it.
    fn reopen(
        &self,
        customer: CustomerId,
        steps: &[&Step],
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The keys of some of a step's rows.
#[derive(Clone, Debug, Default)]
pub struct KeyBatch {
    /// The key of each row, ascending.
    pub keys: Vec<String>,
    /// With [`crate::KeyLayout::Pairs`]: the key of each row's second row.
    pub pairs: Vec<String>,
}

/// Finding a customer's rows.
pub trait FindRows: Send + Sync {
    /// The first rows of a step, by a consistent query. An empty batch means that the table holds no row of the customer.
    fn find_keys(
        &self,
        customer: CustomerId,
        step: &Step,
    ) -> impl Future<Output = Result<KeyBatch, Failure>> + Send;
}

/// Emptying a table.
pub trait EmptyTables: Ledgers + FindRows {
    /// Whether the step must wait for the deletion notice. It waits for an hour at most.
    fn must_wait(
        &self,
        customer: CustomerId,
        step: &Step,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Counts rows up to a key. Returns false if another worker has counted since `state` was read.
    fn record_count(
        &self,
        customer: CustomerId,
        state: &StepState,
        rows: u64,
        counted_to: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Deletes these rows, and ignores missing ones. If DynamoDB throttles the deletions, some rows may remain for the next
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
