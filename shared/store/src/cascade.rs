//! Finding and deleting the rows of a deleted customer.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use custodian_app::Failure;
use custodian_app::retry::{RetryBudget, RetryDelays};
use custodian_cascade::{EmptyTables, FindRows, KeyBatch, KeyLayout, Step, StepState, WEBHOOKS};
use custodian_domain::{CustomerId, Timestamp};
use futures::stream::{StreamExt, TryStreamExt, iter};

use crate::Store;
use crate::aws_failure::{aws_failure, invalid_request, is_throttled};
use crate::deletion_notices;
use crate::expr::Expr;
use crate::former_names::main_row_key;
use crate::identifiers::{PAIR_ATTRIBUTE, owner_partition};
use crate::item::{Item, composite_key, n, s};
use crate::ledgers::row_key;
use crate::schema::DELETIONS;
use crate::transaction::Transaction;

/// The maximum number of rows that a worker counts and deletes together. Larger pages would save few requests: 500 rows take one
/// query, one count and 20 batches.
const MAX_KEYS: i32 = 500;
/// DynamoDB's maximum number of deletions in one BatchWriteItem.
const MAX_BATCH_WRITE: usize = 25;
/// The maximum number of batches that a worker deletes concurrently. Two batches of some 20 ms each reach the 1,000 writes per
/// second that a partition accepts; more would only be throttled.
const MAX_CONCURRENT_BATCHES: usize = 2;
/// The maximum number of pairs in one transaction of 100 actions. A pair takes two actions.
const MAX_PAIRS: usize = 50;

/// The range key of a row under its owner, and the hash key of its main row.
type Pair<'a> = (&'a String, &'a String);

/// The partition of a step's rows: the name and the value of the hash key, and the name of the range key.
pub(crate) fn partition(customer: CustomerId, step: &Step) -> (&'static str, String, &'static str) {
    match step.key_layout {
        KeyLayout::Rows { range } => ("customer_id", customer.to_string(), range),
        KeyLayout::Pairs => ("id", owner_partition(customer), "key"),
    }
}

impl FindRows for Store {
    async fn find_keys(
        &self,
        customer: CustomerId,
        step: &Step,
        after: Option<&str>,
    ) -> Result<KeyBatch, Failure> {
        let (hash, value, range) = partition(customer, step);
        let condition = Expr::new(format!("#{hash} = :hash")).with(":hash", s(&value));
        let start = after.map(|after| composite_key(hash, &value, range, after));
        let projection = if step.key_layout == KeyLayout::Pairs {
            format!("#{range}, #{PAIR_ATTRIBUTE}")
        } else {
            format!("#{range}")
        };
        let names = Expr::new(format!("#{hash} {projection}")).names();
        let query =
            self.client.query().table_name(self.table(step.table)).consistent_read(true).limit(MAX_KEYS);
        let query = query
            .set_key_condition_expression(condition.text())
            .set_projection_expression(Some(projection))
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(condition.values())
            .set_exclusive_start_key(start);
        let mut backoff = RetryDelays::new(RetryBudget::Long);
        let response = loop {
            match query.clone().send().await {
                Ok(response) => break response,
                Err(error) if is_throttled(&error) && backoff.wait(&*self.entropy).await => {}
                Err(error) => return Err(aws_failure("the rows", &error)),
            }
        };
        let text = |item: &Item, name: &str| match item.get(name) {
            Some(AttributeValue::S(text)) => Some(text.clone()),
            _ => None,
        };
        let (items, has_more) = (response.items.unwrap_or_default(), response.last_evaluated_key.is_some());
        let keys = items.iter().filter_map(|item| text(item, range)).collect();
        let pairs = items.iter().filter_map(|item| text(item, PAIR_ATTRIBUTE)).collect();
        Ok(KeyBatch { keys, pairs, has_more })
    }
}

impl EmptyTables for Store {
    async fn awaits_notice(
        &self,
        customer: CustomerId,
        step: &Step,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        if step.table != WEBHOOKS {
            return Ok(false);
        }
        Ok(deletion_notices::has_any(self, customer, now).await?
            || self.has_first_mail(customer, now).await?)
    }

    async fn record_count(
        &self,
        customer: CustomerId,
        state: &StepState,
        rows: u64,
        counted_to: &str,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let update = Expr::new("SET #removed = #removed + :rows, #counted_to = :to, #tm_progress = :now")
            .with(":rows", n(rows))
            .with(":to", s(counted_to))
            .with(":now", n(now.micros()));
        // Every count raises `removed`, so it also tells a step that was closed and opened again from the one that was read.
        let unchanged = Expr::new("#closed = :open AND #removed = :known")
            .with(":open", AttributeValue::Bool(false))
            .with(":known", n(state.removed));
        self.update_if(DELETIONS, row_key(customer, Some(&state.step)), update, unchanged).await
    }

    async fn remove(&self, customer: CustomerId, step: &Step, batch: &KeyBatch) -> Result<(), Failure> {
        let (hash, value, range) = partition(customer, step);
        match step.key_layout {
            KeyLayout::Rows { .. } => {
                let partition = (hash, value.as_str(), range);
                let batches = batch.keys.chunks(MAX_BATCH_WRITE);
                let batches = batches.map(|keys| Ok(self.delete_batch(step.table, partition, keys)));
                iter(batches).try_for_each_concurrent(MAX_CONCURRENT_BATCHES, |batch| batch).await
            }
            KeyLayout::Pairs => {
                let pairs: Vec<_> = batch.keys.iter().zip(&batch.pairs).collect();
                let batches: Vec<_> = pairs
                    .chunks(MAX_PAIRS)
                    .map(|pairs| self.delete_pairs(customer, step.table, pairs))
                    .collect();
                iter(batches).buffer_unordered(MAX_CONCURRENT_BATCHES).try_collect().await
            }
        }
    }

    async fn close(&self, customer: CustomerId, step: &Step, now: Timestamp) -> Result<(), Failure> {
        // `counted_to` may contain a name, and the ledger outlives the account.
        let expression = "SET #closed = :closed, #tm_closed = :now, #tm_progress = :now REMOVE #counted_to";
        let update =
            Expr::new(expression).with(":closed", AttributeValue::Bool(true)).with(":now", n(now.micros()));
        let open = Expr::new("#closed = :open").with(":open", AttributeValue::Bool(false));
        self.update_if(DELETIONS, row_key(customer, Some(step.table)), update, open).await.map(|_| ())
    }
}

/// The deletions of these rows of a partition: the name and the value of its hash key, and the name of its range key.
fn delete_requests(
    (hash, value, range): (&str, &str, &str),
    keys: &[String],
) -> Result<Vec<WriteRequest>, Failure> {
    let request = |key| {
        let key = composite_key(hash, value, range, key);
        let delete = DeleteRequest::builder().set_key(Some(key)).build().map_err(invalid_request)?;
        Ok(WriteRequest::builder().delete_request(delete).build())
    };
    keys.iter().map(request).collect()
}

impl Store {
    /// Deletes up to 25 rows of a partition, and retries unprocessed and throttled deletions until the retry budget is used up.
    /// A later read from the beginning finds the rows that remain. A partition accepts about 1,000 deletions per second, so DynamoDB
    /// throttles the deletion of a large account for a long time.
    async fn delete_batch(
        &self,
        table: &str,
        partition: (&str, &str, &str),
        keys: &[String],
    ) -> Result<(), Failure> {
        let (table, mut backoff) = (self.table(table), RetryDelays::new(RetryBudget::Long));
        let mut unprocessed = None;
        loop {
            // A throttled request is built again, because a copy of every request would cost more.
            let requests = match unprocessed.take() {
                Some(requests) => requests,
                None => HashMap::from([(table.clone(), delete_requests(partition, keys)?)]),
            };
            match self.client.batch_write_item().set_request_items(Some(requests)).send().await {
                Ok(response) => {
                    unprocessed = response.unprocessed_items.filter(|requests| !requests.is_empty());
                    if unprocessed.is_none() {
                        return Ok(());
                    }
                }
                Err(error) if is_throttled(&error) => {}
                Err(error) => return Err(aws_failure("the rows", &error)),
            }
            if !backoff.wait(&*self.entropy).await {
                return Ok(());
            }
        }
    }

    /// Deletes pairs in one transaction. If another customer now owns one of the names, deletes each pair in its own
    /// transaction.
    async fn delete_pairs(&self, owner: CustomerId, table: &str, pairs: &[Pair<'_>]) -> Result<(), Failure> {
        if self.try_delete_pairs(owner, table, pairs).await? {
            return Ok(());
        }
        for pair in pairs {
            if !self.try_delete_pairs(owner, table, std::slice::from_ref(pair)).await? {
                // Another customer now owns the name and its main row. Delete only the row under this owner.
                let partition = ("id", &*owner_partition(owner), "key");
                self.delete_batch(table, partition, std::slice::from_ref(pair.0)).await?;
            }
        }
        Ok(())
    }

    async fn try_delete_pairs(
        &self,
        owner: CustomerId,
        table: &str,
        pairs: &[Pair<'_>],
    ) -> Result<bool, Failure> {
        let mut tx = Transaction::new(self, RetryBudget::Long);
        for (key, second) in pairs {
            let is_owned = Expr::new("attribute_not_exists(#id) OR #owner = :owner").with(":owner", s(owner));
            let main_row = main_row_key(owner, key);
            tx = tx.delete((), table, composite_key("id", second, "key", main_row), is_owned)?;
            tx = tx.delete(
                (),
                table,
                composite_key("id", owner_partition(owner), "key", key),
                Expr::unconditional("id"),
            )?;
        }
        Ok(tx.run().await?.is_ok())
    }
}
