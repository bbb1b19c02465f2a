//! The events that the service publishes about accounts and their resources, and the operations that it terminates when an
//! account closes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod resources;
mod schemas;
mod terminate;
