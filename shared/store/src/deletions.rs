//! The ledger of a deletion: its opening row, its steps and its seal. It holds numbers and no personal data, and it
//! outlives the account.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_cascade::{Ledger, Ledgers, OpenLedgers, Step, StepState};
use custodian_domain::{Customer, CustomerId, Timestamp};
use serde::Deserialize;

use crate::Store;
use crate::expr::Expr;
use crate::item::{Item, decode, encode, key2, n, s};
use crate::retry::Patience;
use crate::schema::{DELETIONS, OPEN};
use crate::transaction::{Transaction, failed};

const LEDGER: &str = "ledger";
const STEP: &str = "step#";
/// How many standing deletions one run of `reconcile` takes on.
const STANDING: i32 = 100;

pub(crate) fn row_key(customer: CustomerId, step: Option<&str>) -> Item {
    let key = step.map_or_else(|| LEDGER.to_owned(), |step| format!("{STEP}{step}"));
    key2("customer_id", customer, "key", key)
}

/// The opening row, written in the transaction that ends the account.
pub(crate) fn open<'a, G: Copy>(
    tx: Transaction<'a, G>,
    guard: G,
    gone: &Customer,
) -> Result<Transaction<'a, G>, Failure> {
    let mut row = row_key(gone.id, None);
    row.insert("cause".to_owned(), s(gone.status().as_str()));
    row.insert("version".to_owned(), n(gone.version));
    row.insert("tm_open".to_owned(), n(gone.tm_update.micros()));
    row.insert("tm_progress".to_owned(), n(gone.tm_update.micros()));
    row.insert("open".to_owned(), s(OPEN));
    tx.put(guard, DELETIONS, row, Expr::new("attribute_not_exists(#key)"))
}

#[derive(Debug, Deserialize)]
struct Opening {
    open: Option<String>,
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
            query.send().await.map_err(|error| failed("the ledger", &error))?.items.unwrap_or_default();
        let is_opening = |item: &Item| item.get("key") == Some(&s(LEDGER));
        let (opening, steps): (Vec<_>, Vec<_>) = items.into_iter().partition(is_opening);
        let Some(opening) = opening.into_iter().next() else {
            return Ok(None);
        };
        let opening: Opening = decode(opening)?;
        let steps: Result<Vec<StepState>, Failure> = steps.into_iter().map(decode).collect();
        Ok(Some(Ledger { sealed: opening.open.is_none(), steps: steps? }))
    }

    async fn open_steps(&self, customer: CustomerId, steps: &[Step], now: Timestamp) -> Result<(), Failure> {
        let once = Expr::new("#open = :open AND attribute_not_exists(#steps)").with(":open", s(OPEN));
        let note = Expr::new("SET #steps = :steps").with(":steps", n(steps.len()));
        let mut tx = Transaction::new(self, Patience::StatusChange);
        tx = tx.update((), DELETIONS, row_key(customer, None), note, once)?;
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
        // A condition that does not hold means that the steps were opened before.
        tx.run().await.map(|_| ())
    }

    async fn touch(&self, customer: CustomerId, now: Timestamp) -> Result<(), Failure> {
        let update = Expr::new("SET #tm_progress = :now").with(":now", n(now.micros()));
        let still_open = Expr::new("#open = :open").with(":open", s(OPEN));
        self.update_if(DELETIONS, row_key(customer, None), update, still_open).await.map(|_| ())
    }

    async fn seal(
        &self,
        customer: CustomerId,
        removed: &BTreeMap<String, u64>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let removed = removed.iter().map(|(table, rows)| (table.clone(), n(rows))).collect();
        let update =
            Expr::new("SET #tm_sealed = :now, #tm_progress = :now, #removed = :removed REMOVE #open")
                .with(":now", n(now.micros()))
                .with(":removed", AttributeValue::M(removed));
        let still_open = Expr::new("#open = :open").with(":open", s(OPEN));
        self.update_if(DELETIONS, row_key(customer, None), update, still_open).await.map(|_| ())
    }
}

impl OpenLedgers for Store {
    async fn standing_since(&self, before: Timestamp) -> Result<Vec<CustomerId>, Failure> {
        let condition = Expr::new("#open = :open AND #tm_progress <= :before")
            .with(":open", s(OPEN))
            .with(":before", n(before.micros()));
        let query = self.client.query().table_name(self.table(DELETIONS)).index_name(OPEN).limit(STANDING);
        let query = query
            .set_key_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values());
        let items =
            query.send().await.map_err(|error| failed("the ledgers", &error))?.items.unwrap_or_default();
        #[derive(Deserialize)]
        struct Whose {
            customer_id: CustomerId,
        }
        let whose: Result<Vec<Whose>, Failure> = items.into_iter().map(decode).collect();
        // Only opening rows are in the index, and each drive puts its own at the end: whatever does not get on cannot keep
        // the others from their turn.
        Ok(whose?.into_iter().map(|whose| whose.customer_id).collect())
    }
}

impl Store {
    /// Changes one row if `condition`, which must imply that it exists, holds; false if it does not.
    pub(crate) async fn update_if(
        &self,
        table: &str,
        key: Item,
        update: Expr,
        condition: Expr,
    ) -> Result<bool, Failure> {
        let both = update.joined_with(&condition);
        let call = self.client.update_item().table_name(self.table(table)).set_key(Some(key));
        let call = call
            .set_update_expression(update.text())
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(both.names())
            .set_expression_attribute_values(both.values());
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(failed("a row", &error)),
        }
    }
}
