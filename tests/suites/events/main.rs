//! Events: what the service publishes about accounts and their resources, and what ends when an account is closed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod resources;
mod schemas;
mod terminate;
