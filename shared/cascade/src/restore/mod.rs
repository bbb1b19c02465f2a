//! Repairs the tables after one or all of them were restored to an earlier time.
//!
//! A restored table contradicts the others: it has rows of accounts that were deleted since, it lacks rows that were created since,
//! and names and counters do not match the rows. The run reads the tables row by row, and repairs the contradictions or reports
//! them. A deletion is never undone: where the customer's row and the ledger disagree, the run trusts the ledger.
//!
//! Every write to an account that is not terminal is conditional on what was read, and deleted rows of a terminal one cannot come
//! back. So a run is safe beside requests, and can be repeated. It keeps no rows in memory between its pages, so an account may
//! have any number of them.

mod account;
mod cursor;
mod names;
mod orphans;
mod plan;
mod ports;
mod report;
mod rows;
mod run;

pub use plan::{Restored, restorable_tables};
pub use ports::{LedgerSummary, NameRepair, RestoreRows, ScanPage, ScannedRow};
pub use report::{Problem, RestoreConflict, RestoreReport};
pub use run::{RestoreRequest, restore};
