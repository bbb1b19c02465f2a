//! The DynamoDB store: the only crate of `shared` that sends requests to DynamoDB.
//!
//! Four rules hold for every write:
//! - A write that depends on earlier reads checks those rows in its conditions, in one transaction.
//! - A write of a row that a customer owns also checks one of the customer's gates, or the status in the customer's row. I3 in
//!   ARCHITECTURE.md lists the exceptions.
//! - An update creates a row only in a transaction that checks a gate. The condition of every other update requires that the row
//!   exists, because DynamoDB would create it. Exceptions: the counters in the table `throttle`, which belong to no account.
//! - A row that stays in use is never put whole: `Transaction::replace` writes only what changes, so attributes of a newer version
//!   survive. Exceptions: an anonymised customer, and rows that repeat a stored one or replace an obsolete one (identifiers,
//!   idempotency records, throttle windows, outbox records).

mod access_keys;
mod agent_tags;
mod agents;
mod audit_log;
mod authentication;
mod aws_failure;
mod batch_get;
mod billing_accounts;
mod brake;
mod caller;
mod cascade;
mod claims;
mod conditional;
mod counters;
mod customer_search;
mod customers;
mod deletion_links;
mod deletion_notices;
mod deletion_preview;
mod deliveries;
mod due_search;
mod exports;
mod expr;
mod failing_endpoint;
mod former_names;
mod gate_refusal;
mod idempotency;
mod idempotency_lease;
mod identifiers;
mod item;
mod last_mail;
mod ledger_index;
mod ledgers;
mod listing;
mod names;
mod new_agents;
mod notices;
mod open_account;
mod outbox;
mod owned_row;
mod platform_keys;
mod receipt_keys;
mod recount;
mod requester;
mod resource_writes;
mod resources;
mod response_budget;
mod restore;
mod row_change;
mod row_write;
pub mod schema;
mod store;
mod throttle;
mod tokens;
mod transaction;
mod transaction_failure;
mod usage;
mod usage_rows;
mod usernames;
mod webhook_endpoints;
mod webhook_key;
mod webhooks;

pub use aws_failure::aws_failure;
pub use store::Store;
