//! An account has one legal history under concurrent requests, early and late jobs, and interruptions at any call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod concurrent_requests;
mod deadlines;
mod exports;
mod fixture;
mod interleavings;
mod interruptions;
mod owned_rows;
mod writes;
