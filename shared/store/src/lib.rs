//! The DynamoDB store: the only place that knows tables, keys and expressions.
//!
//! Three rules hold for everything here. A write that depends on what was read names it in its condition, in one
//! transaction. A row that a customer owns is created, changed or removed only together with a check of one of the
//! customer's gates. No update creates a row: where the engine would, the condition says that it must exist.

mod access_keys;
mod accounts;
mod admission;
mod agents;
mod audits;
mod conditional;
mod counts;
mod customers;
mod deletions;
mod expr;
mod hooks;
mod idempotency;
mod identifiers;
mod item;
mod keys;
mod listing;
mod outbox;
mod purge;
mod resource_writes;
mod resources;
pub mod schema;
mod throttle;
mod tokens;
mod transaction;
mod usage;

pub use transaction::failed;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use custodian_app::{Entropy, retry};

/// A handle on the tables of one deployment.
#[derive(Clone)]
pub struct Store {
    client: Client,
    prefix: Arc<str>,
    entropy: Arc<dyn Entropy>,
}

impl Store {
    /// `prefix` begins the name of every table, as in `custodian-`.
    pub fn new(client: Client, prefix: &str, entropy: Arc<dyn Entropy>) -> Self {
        Self { client, prefix: prefix.into(), entropy }
    }

    fn table(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Lists the name of every table of the deployment beside what it is.
    pub fn tables(&self) -> Vec<(String, &'static schema::Table)> {
        schema::TABLES.iter().map(|table| (self.table(table.name), table)).collect()
    }
}
