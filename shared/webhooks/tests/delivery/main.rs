//! Delivering to receivers that behave well, badly and not at all, each on a port of this host.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answers;
mod reach;
mod receiver;
mod tls;
