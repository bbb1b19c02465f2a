//! What the suites share: a service of their own, and a client that speaks HTTP to it.
//!
//! Each test opens its own service in memory, on a port of its own, and drives it as a stranger would.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

mod client;
mod watches;

pub use client::{Answer, Client};
pub use watches::{Counter, Plan};

/// The password of every person in the tests.
pub const PASSWORD: &str = "correct horse battery";
