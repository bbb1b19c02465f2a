//! Removes everything a customer owned, step by step, and proves that nothing is left.
//!
//! The transaction that deletes or expires a customer writes the opening row of its ledger, so no lost event can lose a
//! cascade. A step is one table; it is closed only by a consistent query that finds no row, which stays true because the
//! customer's gates are shut. Everything here may be killed anywhere and run again, by two at once, with the same end:
//! counts are committed before the deletions that they describe, and a repeat does not count a row twice.

mod drive;
pub mod steps;
mod survey;
mod work;

use std::collections::BTreeMap;
use std::future::Future;

use custodian_app::Failure;
use custodian_domain::{CustomerId, Status, Timestamp};
use serde::{Deserialize, Serialize};

pub use drive::drive;
pub use steps::{STEPS, Shape, Step, WEBHOOKS};
pub use survey::survey;
pub use work::{Worked, work};

/// One message to a worker: empty this table for this customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub customer_id: CustomerId,
    pub step: String,
    /// How often the step has been handed on since it was last driven.
    pub hop: u32,
}

/// How far a step has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepState {
    pub step: String,
    pub closed: bool,
    pub removed: u64,
    /// Rows up to this key are counted already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_to: Option<String>,
    pub tm_progress: Timestamp,
}

/// A deletion as its ledger tells it.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub sealed: bool,
    pub steps: Vec<StepState>,
}

/// A sealed ledger, as its stream tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    pub customer_id: CustomerId,
    /// Whether the account was deleted or had expired.
    pub cause: Status,
    /// The customer's version at its end.
    pub version: u64,
    /// How many rows of each table were removed.
    pub removed: BTreeMap<String, u64>,
    pub tm_open: Timestamp,
    pub tm_sealed: Timestamp,
}

/// Some of a step's rows.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// What tells the rows apart, ascending.
    pub keys: Vec<String>,
    /// Where rows come in pairs: the key of each one's second row.
    pub pairs: Vec<String>,
}

/// What driving a cascade needs.
pub trait Ledgers: Send + Sync {
    fn ledger(&self, customer: CustomerId) -> impl Future<Output = Result<Option<Ledger>, Failure>> + Send;

    /// Opens these steps, unless they were opened before.
    fn open_steps(
        &self,
        customer: CustomerId,
        steps: &[Step],
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Notes that this ledger was looked after now.
    fn touch(&self, customer: CustomerId, now: Timestamp)
    -> impl Future<Output = Result<(), Failure>> + Send;

    /// Seals a ledger whose steps are all closed, with the sums of what they removed; repeating it changes nothing.
    fn seal(
        &self,
        customer: CustomerId,
        removed: &BTreeMap<String, u64>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Finding deletions that stand still.
pub trait OpenLedgers: Ledgers {
    /// Some customers whose open ledger nobody has looked after since `before`, the longest neglected first.
    fn standing_since(
        &self,
        before: Timestamp,
    ) -> impl Future<Output = Result<Vec<CustomerId>, Failure>> + Send;

    /// How many ledgers are not sealed, and since when the oldest of them has been open.
    fn unfinished(&self) -> impl Future<Output = Result<Unfinished, Failure>> + Send;
}

/// The ledgers that are not sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unfinished {
    pub count: u64,
    pub oldest: Option<Timestamp>,
}

/// Looking again at deletions that have ended.
pub trait SealedLedgers: Ledgers {
    /// Some customers whose ledger was sealed before then and has not been looked at since, the longest waiting first.
    fn sealed_before(
        &self,
        before: Timestamp,
    ) -> impl Future<Output = Result<Vec<CustomerId>, Failure>> + Send;

    /// Notes that nothing was found.
    fn confirm(
        &self,
        customer: CustomerId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Breaks the seal and opens these steps again, unless somebody has done so already.
    fn reopen(
        &self,
        customer: CustomerId,
        steps: &[&Step],
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Finding what a customer has.
pub trait Rows: Send + Sync {
    /// The first rows of a step, by a consistent query: empty means that nothing is left.
    fn page(&self, customer: CustomerId, step: &Step) -> impl Future<Output = Result<Page, Failure>> + Send;
}

/// What emptying a table needs.
pub trait Emptying: Ledgers + Rows {
    /// Whether something of a step's is still needed, for an hour at most.
    fn is_needed(
        &self,
        customer: CustomerId,
        step: &Step,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Counts rows up to a key, if nobody has counted since `state` was read. False if somebody has.
    fn count(
        &self,
        customer: CustomerId,
        state: &StepState,
        rows: u64,
        counted_to: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Removes these rows for good. That some are gone already is success; some may be left to the next page, where the
    /// table is too busy.
    fn remove(
        &self,
        customer: CustomerId,
        step: &Step,
        page: &Page,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    fn close(
        &self,
        customer: CustomerId,
        step: &Step,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The queue of the workers.
pub trait Tasks: Send + Sync {
    fn hand_out(&self, tasks: &[Task]) -> impl Future<Output = Result<(), Failure>> + Send;
}
