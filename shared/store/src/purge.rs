//! Finding and removing what a gone customer owned.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use custodian_app::Failure;
use custodian_cascade::{Emptying, Page, Rows, Shape, Step, StepState, WEBHOOKS};
use custodian_domain::{CustomerId, Timestamp};
use futures::stream::{StreamExt, TryStreamExt, iter};

use crate::Store;
use crate::deletions::row_key;
use crate::expr::Expr;
use crate::identifiers::{PAIR, SELF, owned_by};
use crate::item::{Item, key2, n, s};
use crate::retry::{Backoff, Patience};
use crate::schema::DELETIONS;
use crate::transaction::{Transaction, failed, is_throttled, unbuilt};

/// Rows that are counted and removed together.
const PAGE: i32 = 500;
/// What one BatchWriteItem can delete.
const BATCH: usize = 25;
/// Batches under way at once.
const ABREAST: usize = 4;
/// Pairs in one transaction: two actions each.
const PAIRS: usize = 25;

/// A row's own key and that of its second row.
type Pair<'a> = (&'a String, &'a String);

/// Where a step's rows are: the partition's key and value, and the range attribute that tells the rows apart.
fn partition(customer: CustomerId, step: &Step) -> (&'static str, String, &'static str) {
    match step.shape {
        Shape::Rows { range } => ("customer_id", customer.to_string(), range),
        Shape::Pairs => ("id", owned_by(customer), "key"),
    }
}

impl Rows for Store {
    async fn page(&self, customer: CustomerId, step: &Step) -> Result<Page, Failure> {
        let (hash, value, range) = partition(customer, step);
        let condition = Expr::new(format!("#{hash} = :hash")).with(":hash", s(value));
        let wanted =
            if step.shape == Shape::Pairs { format!("#{range}, #{PAIR}") } else { format!("#{range}") };
        let names = Expr::new(format!("#{hash} {wanted}")).names();
        let query = self.client.query().table_name(self.table(step.table)).consistent_read(true).limit(PAGE);
        let query = query
            .set_key_condition_expression(condition.text())
            .set_projection_expression(Some(wanted))
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(condition.values());
        let mut backoff = Backoff::new(Patience::StatusChange);
        let items = loop {
            match query.clone().send().await {
                Ok(answer) => break answer.items.unwrap_or_default(),
                Err(error) if is_throttled(&error) && backoff.wait(&*self.entropy).await => {}
                Err(error) => return Err(failed("the rows", &error)),
            }
        };
        let text = |item: &Item, name: &str| match item.get(name) {
            Some(AttributeValue::S(text)) => Some(text.clone()),
            _ => None,
        };
        let keys = items.iter().filter_map(|item| text(item, range)).collect();
        Ok(Page { keys, pairs: items.iter().filter_map(|item| text(item, PAIR)).collect() })
    }
}

impl Emptying for Store {
    async fn is_needed(&self, customer: CustomerId, step: &Step, now: Timestamp) -> Result<bool, Failure> {
        if step.table == WEBHOOKS { self.says_farewell(customer, now).await } else { Ok(false) }
    }

    async fn count(
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
        let mut unchanged = Expr::new("#closed = :open AND attribute_not_exists(#counted_to)");
        if let Some(known) = &state.counted_to {
            unchanged = Expr::new("#closed = :open AND #counted_to = :known").with(":known", s(known));
        }
        let unchanged = unchanged.with(":open", AttributeValue::Bool(false));
        self.update_if(DELETIONS, row_key(customer, Some(&state.step)), update, unchanged).await
    }

    async fn remove(&self, customer: CustomerId, step: &Step, page: &Page) -> Result<(), Failure> {
        let (hash, value, range) = partition(customer, step);
        match step.shape {
            Shape::Rows { .. } => {
                let batches = page.keys.chunks(BATCH).map(|keys| {
                    let keys = keys.iter().map(|key| key2(hash, &value, range, key)).collect();
                    Ok(self.delete_batch(step.table, keys))
                });
                iter(batches).try_for_each_concurrent(ABREAST, |batch| batch).await
            }
            Shape::Pairs => {
                let pairs: Vec<_> = page.keys.iter().zip(&page.pairs).collect();
                let batches: Vec<_> =
                    pairs.chunks(PAIRS).map(|pairs| self.delete_pairs(customer, step.table, pairs)).collect();
                iter(batches).buffer_unordered(ABREAST).try_collect().await
            }
        }
    }

    async fn close(&self, customer: CustomerId, step: &Step, now: Timestamp) -> Result<(), Failure> {
        // The key that was counted to may be a name, and the ledger outlives the account.
        let closing = "SET #closed = :closed, #tm_closed = :now, #tm_progress = :now REMOVE #counted_to";
        let update =
            Expr::new(closing).with(":closed", AttributeValue::Bool(true)).with(":now", n(now.micros()));
        let open = Expr::new("#closed = :open").with(":open", AttributeValue::Bool(false));
        self.update_if(DELETIONS, row_key(customer, Some(step.table)), update, open).await.map(|_| ())
    }
}

impl Store {
    /// Deletes up to 25 rows. What the engine leaves unprocessed, or has no time for at all, is asked for again, and what
    /// it still has not done in the end is left to the next page: a partition takes a thousand deletions a second, and a
    /// large account has more than that for a good while.
    async fn delete_batch(&self, table: &str, keys: Vec<Item>) -> Result<(), Failure> {
        let mut requests = Vec::with_capacity(keys.len());
        for key in keys {
            let delete = DeleteRequest::builder().set_key(Some(key)).build().map_err(unbuilt)?;
            requests.push(WriteRequest::builder().delete_request(delete).build());
        }
        let mut left = HashMap::from([(self.table(table), requests)]);
        let mut backoff = Backoff::new(Patience::StatusChange);
        loop {
            let answer = self.client.batch_write_item().set_request_items(Some(left.clone())).send().await;
            match answer {
                Ok(answer) => left = answer.unprocessed_items.unwrap_or_default(),
                Err(error) if is_throttled(&error) => {}
                Err(error) => return Err(failed("the rows", &error)),
            }
            if left.is_empty() || !backoff.wait(&*self.entropy).await {
                return Ok(());
            }
        }
    }

    /// Deletes pairs together or, if one of them is in dispute, each by itself.
    async fn delete_pairs(&self, owner: CustomerId, table: &str, pairs: &[Pair<'_>]) -> Result<(), Failure> {
        if self.try_pairs(owner, table, pairs).await? {
            return Ok(());
        }
        for pair in pairs {
            if !self.try_pairs(owner, table, std::slice::from_ref(pair)).await? {
                // The name belongs to somebody else by now: only our own note of it goes.
                self.delete_batch(table, vec![key2("id", owned_by(owner), "key", pair.0)]).await?;
            }
        }
        Ok(())
    }

    async fn try_pairs(&self, owner: CustomerId, table: &str, pairs: &[Pair<'_>]) -> Result<bool, Failure> {
        let mut tx = Transaction::new(self, Patience::StatusChange);
        for (key, second) in pairs {
            let ours = Expr::new("attribute_not_exists(#id) OR #owner = :owner").with(":owner", s(owner));
            tx = tx.delete((), table, key2("id", second, "key", SELF), ours)?;
            tx = tx.delete((), table, key2("id", owned_by(owner), "key", key), Expr::any())?;
        }
        Ok(tx.run().await?.is_ok())
    }
}
