//! What a restore run did.

use custodian_domain::CustomerId;
use serde::Serialize;

/// What a run could not repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Another account holds a name of this row.
    NameTaken,
    /// Another row of the same account has the same name.
    NameTwice,
    /// The row does not exist, but its account depends on it.
    RowMissing,
    /// The account of some rows has neither a row in `customers` nor a ledger. Its rows are kept, unless the request says
    /// otherwise.
    OwnerMissing,
    /// Other requests changed the account's rows on every attempt to count them.
    NotCounted,
}

/// A row that an operator must decide about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestoreConflict {
    pub table: &'static str,
    pub id: String,
    pub customer_id: CustomerId,
    pub problem: Problem,
    /// The account that holds the name: with `NameTwice` the row's own one. `None` for the other problems.
    pub held_by: Option<CustomerId>,
}

/// What one call of a run did. A call ends after the last row, after its time, after too many conflicts, or at the brake.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RestoreReport {
    /// Accounts that were not terminal although they have a ledger. The run terminated them again.
    pub ended: u64,
    /// Deletions that run again, because their ledger was missing, or with `ended`.
    pub resumed: u64,
    /// Deleted rows of terminal accounts, and of unknown ones if the request says so.
    pub purged: u64,
    /// Rows that were kept although their account is unknown.
    pub without_owner: u64,
    /// How often rows of an unknown account were found that the conflicts have no room for.
    pub unlisted: u64,
    /// Names that rows claimed again.
    pub reclaimed: u64,
    /// Released names that identified no row.
    pub released: u64,
    /// Accounts whose gates or counters were repaired.
    pub repaired: u64,
    /// Counters that were counted again.
    pub recounted: u64,
    /// Scheduled jobs: deadlines and reminders.
    pub scheduled: u64,
    pub conflicts: Vec<RestoreConflict>,
    /// Where the next call continues; `None` after the last row.
    pub next: Option<String>,
}
