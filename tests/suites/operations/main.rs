//! What whoever operates the service is told: lines in the log, and counts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod counts;
mod emf;
mod lines;
mod rotation;
mod survivors;
