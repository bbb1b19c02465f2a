//! What an account owns, generated from the registry: a new kind is tested as soon as it is declared.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agents;
mod billing;
mod extremes;
mod fields;
mod history;
mod limits;
mod lives;
mod meanings;
mod model;
mod names;
mod pages;
mod references;
mod scenarios;
mod tenants;
mod values;
