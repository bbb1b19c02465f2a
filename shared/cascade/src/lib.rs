//! Deletes everything that a customer owned, table by table, and verifies that nothing is left.
//!
//! The transaction that deletes or expires a customer writes the first row of its ledger, so a lost event cannot lose a
//! cascade. A step empties one table. A worker closes a step only after a consistent query has found no row. The table
//! then stays empty of the customer's rows, because the customer's gates are closed. Before the ledger is completed, every
//! table is queried once more.
//!
//! Every function here can crash at any point and run again, also in two workers at once, and the deletion has the same result. A
//! worker commits a count before it deletes the rows that it counted, and a retry counts no row twice.

mod completion;
mod counted_pages;
mod files;
mod ledger;
mod pause;
mod ports;
mod progress;
mod receipt;
pub mod restore;
mod resume;
mod start;
mod step;
pub mod steps;
mod task;
mod verification;

pub use ledger::{CompletedDeletion, Ledger, LedgerHeader, StepState, UnfinishedLedgers};
pub use pause::{ledger_hold, pause, release};
pub use ports::{
    CascadeQueue, CompletedLedgers, EmptyTables, FindRows, KeyBatch, LedgerCursor, LedgerPage, Ledgers,
    OpenLedgers, RemoveFiles, VerifiedTable,
};
pub use progress::progress;
pub use receipt::{ErasedTable, Receipt, ReceiptLedger};
pub use resume::{resume, resume_some};
pub use start::start;
pub use step::{StepOutcome, run_step};
pub use steps::{EXPORTS, KeyLayout, STEPS, Step, WEBHOOKS};
pub use task::CascadeTask;
pub use verification::{VERIFY_AFTER, send_last_mail, verify_empty};
