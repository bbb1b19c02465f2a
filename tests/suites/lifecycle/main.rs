//! An account has one legal history under concurrent requests, early and late jobs, and interruptions at any call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod brake;
mod concurrent_requests;
mod deadlines;
mod dry_run;
mod due_pages;
mod export_deletions;
mod export_starts;
mod exports;
mod fixture;
mod holds;
mod interleavings;
mod interruptions;
mod owned_rows;
mod progress;
mod receipts;
mod reminders;
mod stale_reads;
mod suspensions;
mod writes;
