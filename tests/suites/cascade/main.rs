//! The cascade deletes every row that a deleted account owned and no other row, and its ledger counts them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod backlog;
mod deletion;
mod kills;
mod lost_messages;
mod restore;
mod restore_names;
mod restore_owners;
mod restore_pauses;
mod restore_run;
mod table_agreement;
mod verification;
mod workers;
