//! The ledger of a deletion: a header row, and a row for each step. It has no personal data and outlives the account.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::retry::RetryBudget;
use custodian_cascade::{CompletedLedgers, Ledger, Ledgers, OpenLedgers, Step, StepState, UnfinishedLedgers};
use custodian_domain::{Customer, CustomerId, Timestamp};
use serde::Deserialize;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::batch_get::MAX_BATCH_GET;
use crate::expr::Expr;
use crate::item::{Item, composite_key, decode, encode, n, s};
use crate::schema::{DELETIONS, OPEN};
use crate::transaction::Transaction;

const HEADER_KEY: &str = "ledger";
const STEP_PREFIX: &str = "step#";
/// The index partition of the completed ledgers that are not verified yet.
const COMPLETED_PARTITION: &str = "sealed";
/// The maximum number of deletions that one run of `reconcile` handles.
const MAX_LEDGERS: i32 = 100;

pub(crate) fn row_key(customer: CustomerId, step: Option<&str>) -> Item {
    let key = step.map_or_else(|| HEADER_KEY.to_owned(), |step| format!("{STEP_PREFIX}{step}"));
    composite_key("customer_id", customer, "key", key)
}

/// Writes the header row, in the transaction that deletes or expires the account.
pub(crate) fn open<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    terminal: &Customer,
) -> Result<Transaction<'a, C>, Failure> {
    tx.put(on_failure, DELETIONS, header(terminal), Expr::new("attribute_not_exists(#key)"))
}

/// The header row of an account that has just ended.
pub(crate) fn header(terminal: &Customer) -> Item {
    let mut row = row_key(terminal.id, None);
    row.insert("cause".to_owned(), s(terminal.status().as_str()));
    row.insert("version".to_owned(), n(terminal.version));
    row.insert("tm_open".to_owned(), n(terminal.tm_update.micros()));
    row.insert("tm_progress".to_owned(), n(terminal.tm_update.micros()));
    row.insert("open".to_owned(), s(OPEN));
    row
}

#[derive(Debug, Deserialize)]
struct LedgerHeader {
    /// The index partition of the ledger. `None` once the ledger is verified.
    open: Option<String>,
    tm_open: Timestamp,
}

impl LedgerHeader {
    fn is_open(&self) -> bool {
        self.open.as_deref() == Some(OPEN)
    }
}

impl Ledgers for Store {
    async fn ledger(&self, customer: CustomerId) -> Result<Option<Ledger>, Failure> {
        let condition = Expr::new("#customer_id = :customer").with(":customer", s(customer));
        let query = self.client.query().table_name(self.table(DELETIONS)).consistent_read(true);
        let query = query
            .set_key_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values());
        let items =
            query.send().await.map_err(|error| aws_failure("the ledger", &error))?.items.unwrap_or_default();
        let is_header = |item: &Item| item.get("key") == Some(&s(HEADER_KEY));
        let (header, steps): (Vec<_>, Vec<_>) = items.into_iter().partition(is_header);
        let Some(header) = header.into_iter().next() else {
            return Ok(None);
        };
        let header: LedgerHeader = decode(header)?;
        let steps: Result<Vec<StepState>, Failure> = steps.into_iter().map(decode).collect();
        Ok(Some(Ledger { completed: !header.is_open(), steps: steps? }))
    }

    async fn open_steps(&self, customer: CustomerId, steps: &[Step], now: Timestamp) -> Result<(), Failure> {
        let not_opened = Expr::new("#open = :open AND attribute_not_exists(#steps)").with(":open", s(OPEN));
        let update = Expr::new("SET #steps = :steps").with(":steps", n(steps.len()));
        let mut tx = Transaction::new(self, RetryBudget::StatusChange);
        tx = tx.update((), DELETIONS, row_key(customer, None), update, not_opened)?;
        for step in steps {
            let state = StepState {
                step: step.table.to_owned(),
                closed: false,
                removed: 0,
                counted_to: None,
                tm_progress: now,
            };
            let mut row = encode(&state)?;
            row.extend(row_key(customer, Some(step.table)));
            tx = tx.put((), DELETIONS, row, Expr::new("attribute_not_exists(#key)"))?;
        }
        // If a condition failed, another worker has already opened the steps.
        tx.run().await.map(|_| ())
    }

    async fn mark_resumed(&self, customer: CustomerId, now: Timestamp) -> Result<(), Failure> {
        let update = Expr::new("SET #tm_progress = :now").with(":now", n(now.micros()));
        let is_open = Expr::new("#open = :open").with(":open", s(OPEN));
        self.update_if(DELETIONS, row_key(customer, None), update, is_open).await.map(|_| ())
    }

    async fn complete(
        &self,
        customer: CustomerId,
        removed: &BTreeMap<String, u64>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let removed = removed.iter().map(|(table, rows)| (table.clone(), n(rows))).collect();
        let update =
            Expr::new("SET #tm_sealed = :now, #tm_progress = :now, #removed = :removed, #open = :sealed")
                .with(":now", n(now.micros()))
                .with(":sealed", s(COMPLETED_PARTITION))
                .with(":removed", AttributeValue::M(removed));
        let is_open = Expr::new("#open = :open").with(":open", s(OPEN));
        self.update_if(DELETIONS, row_key(customer, None), update, is_open).await.map(|_| ())
    }
}

impl OpenLedgers for Store {
    async fn stalled_since(&self, before: Timestamp) -> Result<Vec<CustomerId>, Failure> {
        // Only header rows are in the index. `mark_resumed` moves a ledger to the end of the order, so a ledger that makes no
        // progress does not block the others.
        self.oldest_without_progress(OPEN, before).await
    }

    async fn unfinished(&self) -> Result<UnfinishedLedgers, Failure> {
        let (mut unfinished, mut start) = (UnfinishedLedgers::default(), None);
        loop {
            let (customers, next) = self.query_index(OPEN, None, start).await?;
            for customers in customers.chunks(MAX_BATCH_GET) {
                let keys = customers.iter().map(|customer| row_key(*customer, None)).collect();
                for item in self.batch_get(vec![(DELETIONS, keys)]).await?.into_values().flatten() {
                    let header: LedgerHeader = decode(item)?;
                    // The index is eventually consistent, so the header in the table decides.
                    if header.is_open() {
                        unfinished.count += 1;
                        let oldest = unfinished.oldest.map_or(header.tm_open, |old| old.min(header.tm_open));
                        unfinished.oldest = Some(oldest);
                    }
                }
            }
            start = next;
            if start.is_none() {
                return Ok(unfinished);
            }
        }
    }
}

impl CompletedLedgers for Store {
    async fn completed_before(&self, before: Timestamp) -> Result<Vec<CustomerId>, Failure> {
        self.oldest_without_progress(COMPLETED_PARTITION, before).await
    }

    async fn mark_verified(&self, customer: CustomerId, now: Timestamp) -> Result<(), Failure> {
        let update = Expr::new("SET #tm_confirmed = :now REMOVE #open").with(":now", n(now.micros()));
        let is_completed = Expr::new("#open = :sealed").with(":sealed", s(COMPLETED_PARTITION));
        self.update_if(DELETIONS, row_key(customer, None), update, is_completed).await.map(|_| ())
    }

    async fn reopen(&self, customer: CustomerId, steps: &[&Step], now: Timestamp) -> Result<(), Failure> {
        let is_completed = Expr::new("attribute_exists(#tm_sealed)");
        let reopen =
            Expr::new("SET #open = :open, #tm_progress = :now REMOVE #tm_sealed, #tm_confirmed, #removed")
                .with(":open", s(OPEN))
                .with(":now", n(now.micros()));
        let mut tx = Transaction::new(self, RetryBudget::StatusChange);
        tx = tx.update((), DELETIONS, row_key(customer, None), reopen, is_completed)?;
        for step in steps {
            let is_closed = Expr::new("#closed = :closed").with(":closed", AttributeValue::Bool(true));
            let reopen = Expr::new("SET #closed = :open, #tm_progress = :now REMOVE #tm_closed")
                .with(":open", AttributeValue::Bool(false))
                .with(":now", n(now.micros()));
            tx = tx.update((), DELETIONS, row_key(customer, Some(step.table)), reopen, is_closed)?;
        }
        // If a condition failed, another worker has reopened the ledger.
        tx.run().await.map(|_| ())
    }
}

impl Store {
    /// Customers of an index partition whose ledgers made no progress since `before`, oldest progress first. Returns at most
    /// `MAX_LEDGERS`.
    async fn oldest_without_progress(
        &self,
        partition: &str,
        before: Timestamp,
    ) -> Result<Vec<CustomerId>, Failure> {
        Ok(self.query_index(partition, Some(before), None).await?.0)
    }

    /// One page of an index partition, and the start key of the next page.
    async fn query_index(
        &self,
        partition: &str,
        before: Option<Timestamp>,
        start: Option<Item>,
    ) -> Result<(Vec<CustomerId>, Option<Item>), Failure> {
        let mut condition = Expr::new("#open = :part");
        if let Some(before) = before {
            condition =
                Expr::new("#open = :part AND #tm_progress <= :before").with(":before", n(before.micros()));
        }
        let condition = condition.with(":part", s(partition));
        let query = self.client.query().table_name(self.table(DELETIONS)).index_name(OPEN);
        let query = query
            .set_limit(before.map(|_| MAX_LEDGERS))
            .set_key_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .set_exclusive_start_key(start);
        let response = query.send().await.map_err(|error| aws_failure("the ledgers", &error))?;
        #[derive(Deserialize)]
        struct IndexRow {
            customer_id: CustomerId,
        }
        let rows: Result<Vec<IndexRow>, Failure> =
            response.items.unwrap_or_default().into_iter().map(decode).collect();
        let customers = rows?.into_iter().map(|row| row.customer_id).collect();
        Ok((customers, response.last_evaluated_key))
    }
}
