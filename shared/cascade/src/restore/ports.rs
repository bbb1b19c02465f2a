//! The port of a restore run.

use std::future::Future;

use custodian_app::Failure;
use custodian_app::ports::{DeletionBrake, ReadCustomers, Recount};
use custodian_domain::kinds::Kind;
use custodian_domain::{Customer, CustomerId, Status, Timestamp};

use crate::ports::CompletedLedgers;

/// A row as a scan found it.
#[derive(Clone, Debug)]
pub struct ScannedRow<R> {
    /// The customer that owns the row. `None` for rows without an owner, which nothing repairs.
    pub owner: Option<CustomerId>,
    /// The row's id in a report. It has no personal data.
    pub id: String,
    /// The row in the form of the store.
    pub stored: R,
}

/// Rows of a scan.
#[derive(Clone, Debug)]
pub struct ScanPage<R> {
    pub rows: Vec<ScannedRow<R>>,
    /// Where the next page starts; `None` after the last row.
    pub next: Option<String>,
}

/// What the ledger says about the deletion or expiry of its account.
#[derive(Clone, Copy, Debug)]
pub struct LedgerSummary {
    /// Deleted or expired.
    pub terminal_status: Status,
    /// The customer's version after the deletion or expiry.
    pub version: u64,
    pub tm_open: Timestamp,
    pub completed: bool,
}

/// What the names of a row needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameRepair {
    /// How many names the row claimed again.
    pub reclaimed: u64,
    /// The accounts that hold its names. The row's own account means that another row has the name.
    pub held_by: Vec<CustomerId>,
}

pub trait RestoreRows: ReadCustomers + CompletedLedgers + DeletionBrake + Recount {
    /// A row in the form of the store.
    type Row: Clone + Send + Sync;

    /// At most `limit` rows of a table, from `start` or its beginning. `start` is refused if it is no key of the table.
    fn scan(
        &self,
        table: &'static str,
        start: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = Result<ScanPage<Self::Row>, Failure>> + Send;

    /// What the account's ledger says. `None` if it has no ledger.
    fn ledger_summary(
        &self,
        customer: CustomerId,
    ) -> impl Future<Output = Result<Option<LedgerSummary>, Failure>> + Send;

    /// Opens the ledger of a terminal account that has none.
    fn open_ledger(&self, terminal: &Customer) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Opens every step of a ledger again, also in a ledger that is not complete.
    fn reopen_all(
        &self,
        customer: CustomerId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Deletes or expires an account whose ledger exists. Returns false if its row changed since it was read.
    fn terminate_again(
        &self,
        before: &Customer,
        after: &Customer,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Deletes rows of terminal or unknown accounts.
    fn purge_rows(
        &self,
        table: &'static str,
        rows: &[ScannedRow<Self::Row>],
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Creates the gates and counters that the account lacks, and corrects the status in its gates and the limits in its counters.
    /// Returns whether something was repaired.
    fn repair_usage(&self, customer: &Customer) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// The rows on which the account depends and which it lacks: its guest agent and its default billing account. Each is a table
    /// and an id.
    fn missing_rows(
        &self,
        customer: &Customer,
    ) -> impl Future<Output = Result<Vec<(&'static str, String)>, Failure>> + Send;

    /// Claims the e-mail address of an account again, unless the account holds it with the right confirmation.
    fn repair_email(&self, customer: &Customer) -> impl Future<Output = Result<NameRepair, Failure>> + Send;

    /// Claims the names of these rows again that they do not hold. Returns an entry for each row.
    fn repair_names(
        &self,
        kind: &'static Kind,
        rows: &[&ScannedRow<Self::Row>],
    ) -> impl Future<Output = Result<Vec<NameRepair>, Failure>> + Send;

    /// Stores in the names that the account holds which of these rows has them, unless that is stored already. Names of earlier
    /// releases lack it.
    fn record_holders(
        &self,
        kind: &'static Kind,
        rows: &[&ScannedRow<Self::Row>],
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Releases those of an account's names in a scanned page that identify no row, and completes the pair of every other one. A
    /// name of one of the `recorded` kinds identifies no row if none is recorded in it. Returns the number of released names.
    fn release_unused(
        &self,
        customer: &Customer,
        rows: &[&ScannedRow<Self::Row>],
        recorded: &[&'static Kind],
    ) -> impl Future<Output = Result<u64, Failure>> + Send;
}
