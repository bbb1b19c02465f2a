//! Consistent reads of many rows with BatchGetItem.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use custodian_app::Failure;
use custodian_app::retry::{RetryBudget, RetryDelays};

use crate::Store;
use crate::aws_failure::{aws_failure, invalid_request};
use crate::item::Item;

/// The maximum number of keys in one BatchGetItem.
pub(crate) const MAX_BATCH_GET: usize = 100;

/// Items by the name of their table.
pub(crate) type ItemsByTable = HashMap<String, Vec<Item>>;

impl Store {
    /// Reads the rows of these keys consistently. Retries the keys that DynamoDB left unprocessed.
    pub(crate) async fn batch_get(&self, keys: Vec<(&str, Vec<Item>)>) -> Result<ItemsByTable, Failure> {
        let mut unprocessed = HashMap::new();
        for (table, keys) in keys {
            let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
            unprocessed.insert(self.table(table), keys.build().map_err(invalid_request)?);
        }
        let mut found = ItemsByTable::new();
        let mut backoff = RetryDelays::new(RetryBudget::Short);
        loop {
            let response = self.client.batch_get_item().set_request_items(Some(unprocessed)).send().await;
            let response = response.map_err(|error| aws_failure("the store", &error))?;
            for (table, items) in response.responses.unwrap_or_default() {
                found.entry(table).or_default().extend(items);
            }
            unprocessed = response.unprocessed_keys.unwrap_or_default();
            if unprocessed.is_empty() {
                return Ok(found);
            }
            if !backoff.wait(&*self.entropy).await {
                return Err(Failure::unavailable("the store", "keys remained unprocessed"));
            }
        }
    }
}
