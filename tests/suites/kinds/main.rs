//! What an account owns, generated from the registry: a new kind is tested as soon as it is declared.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agents;
mod billing;
mod fields;
mod history;
mod limits;
mod model;
mod names;
mod pages;
mod references;
mod scenarios;
mod tenants;
mod values;
