//! The rows of kinds, and exports. Many tests go through the registry of kinds, so they test a new kind as soon as it is declared.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access_control;
mod agent_fields;
mod billing_accounts;
mod boundary_values;
mod concurrent_callers;
mod export_content;
mod exports;
mod field_rules;
mod fields;
mod history;
mod history_checks;
mod linearizability;
mod lists;
mod newer_rows;
mod newer_values;
mod parts;
mod plan_bytes;
mod plan_limits;
mod references;
mod row_history;
mod sample_values;
mod scenarios;
mod secret_fields;
mod secrets_at_rest;
mod taken_names;
mod unique_names;
