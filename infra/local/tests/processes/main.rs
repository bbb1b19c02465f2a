//! The local program as a process: started, killed, started again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod process;
mod refused;
mod restart;
mod sample;
