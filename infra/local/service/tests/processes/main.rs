//! Starts, kills and restarts the local service as a process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod process;
mod refusals;
mod restart;
mod sample;
