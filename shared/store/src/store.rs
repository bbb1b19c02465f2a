//! The store of one deployment.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use custodian_app::Entropy;

use crate::schema;

/// The DynamoDB client and the table names of one deployment.
#[derive(Clone)]
pub struct Store {
    pub(crate) client: Client,
    pub(crate) entropy: Arc<dyn Entropy>,
    table_prefix: Arc<str>,
}

impl Store {
    /// `table_prefix` is the prefix of every table name, such as `custodian-`.
    pub fn new(client: Client, table_prefix: &str, entropy: Arc<dyn Entropy>) -> Self {
        Self { client, entropy, table_prefix: table_prefix.into() }
    }

    pub(crate) fn table(&self, name: &str) -> String {
        format!("{}{name}", self.table_prefix)
    }

    /// The tables of the deployment, with their full names.
    pub fn tables(&self) -> Vec<(String, &'static schema::Table)> {
        schema::TABLES.iter().map(|table| (self.table(table.name), table)).collect()
    }
}
