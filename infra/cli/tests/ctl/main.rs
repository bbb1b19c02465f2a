//! Runs `custodianctl` as a process, against the local service or against a stub of the API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod deletions;
mod document;
mod encryption;
mod exports;
mod program;
mod receipts;
mod restores;
mod sign_in;
mod stub;
mod trouble;
