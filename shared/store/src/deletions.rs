//! The ledger of a deletion: its opening row, its steps and its seal. It holds numbers and no personal data, and it
//! outlives the account.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_cascade::{Ledger, Ledgers, OpenLedgers, SealedLedgers, Step, StepState, Unfinished};
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
/// The part of the index in which ledgers wait for somebody to look again.
const SEALED: &str = "sealed";
/// How many deletions one run of `reconcile` takes on.
const STANDING: i32 = 100;
/// What one BatchGetItem can read.
const BATCH: usize = 100;

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
    /// In which part of the index it is: none once its end was confirmed.
    open: Option<String>,
    tm_open: Timestamp,
}

impl Opening {
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
            query.send().await.map_err(|error| failed("the ledger", &error))?.items.unwrap_or_default();
        let is_opening = |item: &Item| item.get("key") == Some(&s(LEDGER));
        let (opening, steps): (Vec<_>, Vec<_>) = items.into_iter().partition(is_opening);
        let Some(opening) = opening.into_iter().next() else {
            return Ok(None);
        };
        let opening: Opening = decode(opening)?;
        let steps: Result<Vec<StepState>, Failure> = steps.into_iter().map(decode).collect();
        Ok(Some(Ledger { sealed: !opening.is_open(), steps: steps? }))
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
            Expr::new("SET #tm_sealed = :now, #tm_progress = :now, #removed = :removed, #open = :sealed")
                .with(":now", n(now.micros()))
                .with(":sealed", s(SEALED))
                .with(":removed", AttributeValue::M(removed));
        let still_open = Expr::new("#open = :open").with(":open", s(OPEN));
        self.update_if(DELETIONS, row_key(customer, None), update, still_open).await.map(|_| ())
    }
}

impl OpenLedgers for Store {
    async fn standing_since(&self, before: Timestamp) -> Result<Vec<CustomerId>, Failure> {
        // Only opening rows are in the index, and each drive puts its own at the end: whatever does not get on cannot keep
        // the others from their turn.
        self.longest_waiting(OPEN, before).await
    }

    async fn unfinished(&self) -> Result<Unfinished, Failure> {
        let (mut unfinished, mut start) = (Unfinished::default(), None);
        loop {
            let (part, next) = self.waiting(OPEN, None, start).await?;
            for part in part.chunks(BATCH) {
                let keys = part.iter().map(|customer| row_key(*customer, None)).collect();
                for item in self.batch(vec![(DELETIONS, keys)]).await?.into_values().flatten() {
                    let opening: Opening = decode(item)?;
                    // The index may lag behind.
                    if opening.is_open() {
                        unfinished.count += 1;
                        let oldest =
                            unfinished.oldest.map_or(opening.tm_open, |old| old.min(opening.tm_open));
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

impl SealedLedgers for Store {
    async fn sealed_before(&self, before: Timestamp) -> Result<Vec<CustomerId>, Failure> {
        self.longest_waiting(SEALED, before).await
    }

    async fn confirm(&self, customer: CustomerId, now: Timestamp) -> Result<(), Failure> {
        let update = Expr::new("SET #tm_confirmed = :now REMOVE #open").with(":now", n(now.micros()));
        let still_sealed = Expr::new("#open = :sealed").with(":sealed", s(SEALED));
        self.update_if(DELETIONS, row_key(customer, None), update, still_sealed).await.map(|_| ())
    }

    async fn reopen(&self, customer: CustomerId, steps: &[&Step], now: Timestamp) -> Result<(), Failure> {
        let still_sealed = Expr::new("attribute_exists(#tm_sealed)");
        let broken =
            Expr::new("SET #open = :open, #tm_progress = :now REMOVE #tm_sealed, #tm_confirmed, #removed")
                .with(":open", s(OPEN))
                .with(":now", n(now.micros()));
        let mut tx = Transaction::new(self, Patience::StatusChange);
        tx = tx.update((), DELETIONS, row_key(customer, None), broken, still_sealed)?;
        for step in steps {
            let closed = Expr::new("#closed = :closed").with(":closed", AttributeValue::Bool(true));
            let open = Expr::new("SET #closed = :open, #tm_progress = :now REMOVE #tm_closed")
                .with(":open", AttributeValue::Bool(false))
                .with(":now", n(now.micros()));
            tx = tx.update((), DELETIONS, row_key(customer, Some(step.table)), open, closed)?;
        }
        // A condition that does not hold means that somebody else was here.
        tx.run().await.map(|_| ())
    }
}

impl Store {
    /// Some customers in a part of the index that nobody has looked after since `before`, the longest waiting first.
    async fn longest_waiting(&self, part: &str, before: Timestamp) -> Result<Vec<CustomerId>, Failure> {
        Ok(self.waiting(part, Some(before), None).await?.0)
    }

    /// A page of a part of the index, and where the next one starts.
    async fn waiting(
        &self,
        part: &str,
        before: Option<Timestamp>,
        start: Option<Item>,
    ) -> Result<(Vec<CustomerId>, Option<Item>), Failure> {
        let mut condition = Expr::new("#open = :part");
        if let Some(before) = before {
            condition =
                Expr::new("#open = :part AND #tm_progress <= :before").with(":before", n(before.micros()));
        }
        let condition = condition.with(":part", s(part));
        let query = self.client.query().table_name(self.table(DELETIONS)).index_name(OPEN);
        let query = query
            .set_limit(before.map(|_| STANDING))
            .set_key_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .set_exclusive_start_key(start);
        let answer = query.send().await.map_err(|error| failed("the ledgers", &error))?;
        #[derive(Deserialize)]
        struct Whose {
            customer_id: CustomerId,
        }
        let whose: Result<Vec<Whose>, Failure> =
            answer.items.unwrap_or_default().into_iter().map(decode).collect();
        let whose = whose?.into_iter().map(|whose| whose.customer_id).collect();
        Ok((whose, answer.last_evaluated_key))
    }
}
