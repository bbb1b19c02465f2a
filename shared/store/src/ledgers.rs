//! The ledger of a deletion: a header row, and a row for each step. It outlives the account, and has no personal data after its
//! completion.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::ports::{CustomerChange, Usage};
use custodian_app::retry::RetryBudget;
use custodian_cascade::{Ledger, LedgerHeader, Ledgers, STEPS, Step, StepState, VerifiedTable};
use custodian_domain::{Customer, CustomerId, Hold, Timestamp};
use serde::Deserialize;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::brake;
use crate::expr::Expr;
use crate::item::{Item, composite_key, decode, encode, n, s};
use crate::last_mail::RECIPIENT_KEY;
use crate::schema::{DELETIONS, OPEN};
use crate::transaction::Transaction;

const HEADER_KEY: &str = "ledger";
const STEP_PREFIX: &str = "step#";
/// The index partition of the completed ledgers that are not verified yet.
pub(crate) const COMPLETED_PARTITION: &str = "sealed";
/// The index partition of the verified ledgers whose last mail is not sent yet.
pub(crate) const CONFIRMED_PARTITION: &str = "confirmed";

pub(crate) fn row_key(customer: CustomerId, step: Option<&str>) -> Item {
    let key = step.map_or_else(|| HEADER_KEY.to_owned(), |step| format!("{STEP_PREFIX}{step}"));
    composite_key("customer_id", customer, "key", key)
}

/// Writes the header row, in the transaction that deletes or expires the account.
pub(crate) fn open<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    change: CustomerChange<'_>,
) -> Result<Transaction<'a, C>, Failure> {
    let mut row = header(change.after);
    if let Some(request) = &change.deletion {
        row.extend(encode(request)?);
    }
    tx.put(on_failure, DELETIONS, row, Expr::new("attribute_not_exists(#key)"))
}

/// The header row of an account that is deleted or expired.
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
pub(crate) struct HeaderRow {
    /// The index partition of the ledger. `None` once the ledger is verified and no mail is left to send.
    pub(crate) open: Option<String>,
    #[serde(flatten)]
    pub(crate) header: LedgerHeader,
}

impl HeaderRow {
    pub(crate) fn is_open(&self) -> bool {
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
        let items = items.into_iter().filter(|item| item.get("key") != Some(&s(RECIPIENT_KEY)));
        let (header, steps): (Vec<_>, Vec<_>) = items.partition(is_header);
        let Some(header) = header.into_iter().next() else {
            return Ok(None);
        };
        let row: HeaderRow = decode(header)?;
        let steps: Result<Vec<StepState>, Failure> = steps.into_iter().map(decode).collect();
        Ok(Some(Ledger { completed: !row.is_open(), header: row.header, steps: steps? }))
    }

    async fn is_paused(&self, customer: CustomerId, now: Timestamp) -> Result<bool, Failure> {
        #[derive(Deserialize)]
        struct PausingRow {
            /// The brake.
            #[serde(default)]
            paused: bool,
            hold: Option<Hold>,
        }
        let keys = vec![row_key(customer, None), brake::row_key(0)];
        let found = self.batch_get(vec![(DELETIONS, keys)]).await?.into_values().flatten();
        let rows = found.map(decode::<PausingRow>).collect::<Result<Vec<_>, _>>()?;
        Ok(rows.iter().any(|row| row.paused || row.hold.as_ref().is_some_and(|hold| hold.is_active(now))))
    }

    async fn place_ledger_hold(&self, customer: CustomerId, hold: &Hold) -> Result<bool, Failure> {
        let update = Expr::new("SET #hold = :hold").with(":hold", AttributeValue::M(encode(hold)?));
        let is_open = Expr::new("#open = :open").with(":open", s(OPEN));
        self.update_if(DELETIONS, row_key(customer, None), update, is_open).await
    }

    async fn remove_ledger_hold(&self, customer: CustomerId, hold: &Hold) -> Result<bool, Failure> {
        let is_held = Expr::new("#hold = :held").with(":held", AttributeValue::M(encode(hold)?));
        self.update_if(DELETIONS, row_key(customer, None), Expr::new("REMOVE #hold"), is_held).await
    }

    async fn open_steps(
        &self,
        customer: CustomerId,
        steps: &[Step],
        tm_progress: Timestamp,
    ) -> Result<(), Failure> {
        // The step of the usage counters deletes them, so their values are copied first.
        let totals = self.usage(customer).await?.rows_to_delete();
        let not_opened = if steps.len() == STEPS.len() {
            Expr::new("#open = :open AND attribute_not_exists(#steps)")
        } else {
            Expr::new("#open = :open")
        };
        let update = Expr::new("SET #steps = :steps").with(":steps", n(STEPS.len()));
        let mut tx = Transaction::new(self, RetryBudget::Long);
        let not_opened = not_opened.with(":open", s(OPEN));
        tx = tx.update((), DELETIONS, row_key(customer, None), update, not_opened)?;
        for step in steps {
            tx = put_step(tx, customer, step, totals.get(step.table).copied(), tm_progress)?;
        }
        // If a condition failed, another worker has already opened the steps, or has completed the ledger.
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
        verified: &[VerifiedTable],
        now: Timestamp,
    ) -> Result<(), Failure> {
        let counts = removed.iter().map(|(table, rows)| (table.clone(), n(rows))).collect();
        let update = Expr::new(
            "SET #tm_sealed = :now, #tm_progress = :now, #removed = :removed, #open = :sealed REMOVE #hold",
        )
        .with(":now", n(now.micros()))
        .with(":sealed", s(COMPLETED_PARTITION))
        .with(":removed", AttributeValue::M(counts));
        let is_open = Expr::new("#open = :open").with(":open", s(OPEN));
        // If a condition failed, another worker has completed the ledger, or has opened a step again and perhaps closed it. Or the
        // ledger of an earlier release lacks a step, which the next start of the cascade opens.
        self.update_with_tables(customer, update, is_open, verified, removed).await
    }

    async fn reopen(
        &self,
        customer: CustomerId,
        ledger: &Ledger,
        steps: &[&Step],
        now: Timestamp,
    ) -> Result<(), Failure> {
        let reopen =
            Expr::new("SET #open = :open, #tm_progress = :now REMOVE #tm_sealed, #tm_confirmed, #removed")
                .with(":open", s(OPEN))
                .with(":now", n(now.micros()));
        let mut tx = Transaction::new(self, RetryBudget::Long);
        let exists = Expr::new("attribute_exists(#tm_open)");
        tx = tx.update((), DELETIONS, row_key(customer, None), reopen, exists)?;
        for step in steps {
            if !ledger.has_step(step.table) {
                tx = put_step(tx, customer, step, None, now)?;
                continue;
            }
            let reopen =
                Expr::new("SET #closed = :open, #tm_progress = :now REMOVE #tm_closed, #tm_verified")
                    .with(":open", AttributeValue::Bool(false))
                    .with(":now", n(now.micros()));
            tx = tx.update((), DELETIONS, row_key(customer, Some(step.table)), reopen, is_closed())?;
        }
        // If a condition failed, another worker has opened one of the steps.
        tx.run().await.map(|_| ())
    }
}

fn is_closed() -> Expr {
    Expr::new("#closed = :closed").with(":closed", AttributeValue::Bool(true))
}

/// Adds an open step to a ledger.
pub(crate) fn put_step<'a>(
    tx: Transaction<'a, ()>,
    customer: CustomerId,
    step: &Step,
    total: Option<u64>,
    now: Timestamp,
) -> Result<Transaction<'a, ()>, Failure> {
    let mut row = encode(&StepState::open(step, total, now))?;
    row.extend(row_key(customer, Some(step.table)));
    tx.put((), DELETIONS, row, Expr::new("attribute_not_exists(#key)"))
}

impl Store {
    /// Updates the header row, and stores when each table was verified empty. Does nothing if the condition on the header fails,
    /// or if one of the steps is not closed or has deleted another number of rows.
    pub(crate) async fn update_with_tables(
        &self,
        customer: CustomerId,
        update: Expr,
        condition: Expr,
        verified: &[VerifiedTable],
        removed: &BTreeMap<String, u64>,
    ) -> Result<(), Failure> {
        let mut tx = Transaction::new(self, RetryBudget::Long);
        tx = tx.update((), DELETIONS, row_key(customer, None), update, condition)?;
        for VerifiedTable { table, at } in verified {
            let set_time = Expr::new("SET #tm_verified = :at").with(":at", n(at.micros()));
            let unchanged = Expr::new("#closed = :closed AND #removed = :removed")
                .with(":closed", AttributeValue::Bool(true))
                .with(":removed", n(removed.get(*table).copied().unwrap_or(0)));
            tx = tx.update((), DELETIONS, row_key(customer, Some(table)), set_time, unchanged)?;
        }
        tx.run().await.map(|_| ())
    }
}
