//! What the suites share: a service of their own, and a client that speaks HTTP to it.
//!
//! Each test opens its own service in memory, on a port of its own, and drives it as a stranger would.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

mod accounts;
pub mod bench;
mod client;
pub mod crowd;
mod described;
pub mod ends;
pub mod fuse;
pub mod gateway;
pub mod logs;
pub mod meter;
pub mod published;
pub mod rules;
pub mod tables;
mod watches;
pub mod weather;

pub use bench::Bench;
pub use client::{Answer, Client};
pub use fuse::{Cut, Fuse};
pub use tables::{EMPTIED, Tables};
pub use watches::{Counter, Plan, Script};
pub use weather::Weather;

/// The password of every person in the tests.
pub const PASSWORD: &str = "correct horse battery";
