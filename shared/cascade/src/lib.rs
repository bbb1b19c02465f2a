//! Deletes everything that a customer owned, table by table, and verifies that nothing is left.
//!
//! The transaction that deletes or expires a customer writes the first row of its ledger, so a lost event cannot lose a
//! cascade. A step empties one table. A step is closed only by a consistent query that finds no row, and it stays empty
//! because the customer's gates are closed. Every function here can be killed at any point and run again, also by two workers
//! at once, with the same result: counts are committed before the deletions that they describe, and a repetition counts no row
//! twice.

mod ledger;
mod ports;
mod resume;
mod step;
pub mod steps;
mod task;
mod verification;

pub use ledger::{CompletedDeletion, Ledger, StepState, UnfinishedLedgers};
pub use ports::{CascadeQueue, CompletedLedgers, EmptyTables, FindRows, KeyBatch, Ledgers, OpenLedgers};
pub use resume::resume;
pub use step::{StepOutcome, run_step};
pub use steps::{KeyLayout, STEPS, Step, WEBHOOKS};
pub use task::CascadeTask;
pub use verification::verify_empty;
