//! What is deleted is gone: every row of it, nothing of anybody else's, and the ledger says how many.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod lost;
mod whole;
mod workers;
