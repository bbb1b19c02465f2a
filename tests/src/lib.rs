//! The test kit that the suites share.
//!
//! A test starts its own service in memory and calls it over HTTP ([`Client`]), or runs the product's functions directly
//! ([`TestApp`]).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

mod accounts;
mod api_description;
mod background_work;
mod client;
mod client_accounts;
pub mod database_metrics;
pub mod fault_injector;
pub mod gateway;
#[cfg(test)]
mod invariants;
pub mod log_checks;
pub mod log_fields;
pub mod observers;
pub mod random_faults;
pub mod request_rules;
mod response;
pub mod seed;
pub mod service_checks;
pub mod services;
pub mod stored_secrets;
mod strict_description;
pub mod tables;
pub mod test_app;
mod write_rules;

pub use accounts::PASSWORD;
pub use client::{Client, event_types, micros};
pub use fault_injector::{ExpectedCall, FaultInjector, Interruption};
pub use observers::{ExpectedFaults, OperationRecorder, ScriptedFaults};
pub use random_faults::RandomFaults;
pub use response::Response;
pub use tables::{CASCADE_TABLES, PREFIX, Tables};
pub use test_app::TestApp;
