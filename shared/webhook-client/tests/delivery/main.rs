//! Tests of the client with receivers that behave well, behave badly or do not respond. Each listens on a port of this host.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod reach;
mod receiver;
mod responses;
mod tls;
