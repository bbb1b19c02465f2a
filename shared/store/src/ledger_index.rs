//! Finding ledgers by their progress: the open ones, the completed ones that are not verified yet, and the verified ones whose
//! last mail is not sent yet.

use custodian_app::Failure;
use custodian_cascade::{
    CompletedLedgers, Ledger, LedgerCursor, LedgerPage, OpenLedgers, UnfinishedLedgers, VerifiedTable,
};
use custodian_domain::{CustomerId, Timestamp};
use serde::Deserialize;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::batch_get::MAX_BATCH_GET;
use crate::expr::Expr;
use crate::item::{Item, decode, n, s};
use crate::ledgers::{COMPLETED_PARTITION, CONFIRMED_PARTITION, HeaderRow, row_key};
use crate::schema::{DELETIONS, OPEN};

/// The maximum number of ledgers in one `LedgerPage`.
const LEDGERS_PER_PAGE: i32 = 100;

impl OpenLedgers for Store {
    async fn stalled_since(
        &self,
        before: Timestamp,
        after: Option<LedgerCursor>,
    ) -> Result<LedgerPage, Failure> {
        // Only header rows are in the index. `mark_resumed` moves a ledger to the end of the order, so a ledger that makes no
        // progress does not block the others.
        self.ledgers_before(OPEN, before, after).await
    }

    async fn unfinished(&self) -> Result<UnfinishedLedgers, Failure> {
        let (mut unfinished, mut start) = (UnfinishedLedgers::default(), None);
        loop {
            let (rows, next) = self.query_index(OPEN, None, start).await?;
            for rows in rows.chunks(MAX_BATCH_GET) {
                let keys = rows.iter().map(|row| row_key(row.customer_id, None)).collect();
                for item in self.batch_get(vec![(DELETIONS, keys)]).await?.into_values().flatten() {
                    let row: HeaderRow = decode(item)?;
                    // The index is eventually consistent, so the header in the table decides.
                    if row.is_open() {
                        let opened = row.header.tm_open;
                        unfinished.count += 1;
                        let oldest = unfinished.oldest.map_or(opened, |old| old.min(opened));
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
    async fn completed_before(
        &self,
        before: Timestamp,
        after: Option<LedgerCursor>,
    ) -> Result<LedgerPage, Failure> {
        self.ledgers_before(COMPLETED_PARTITION, before, after).await
    }

    async fn oldest_unverified(&self) -> Result<Option<Timestamp>, Failure> {
        let mut start = None;
        loop {
            let (rows, next) = self.query_index(COMPLETED_PARTITION, None, start).await?;
            for row in rows {
                // The index is eventually consistent, so the header in the table decides.
                let keys = vec![row_key(row.customer_id, None)];
                let found = self.batch_get(vec![(DELETIONS, keys)]).await?.into_values().flatten().next();
                let header: Option<HeaderRow> = found.map(decode).transpose()?;
                if header.is_some_and(|header| header.open.as_deref() == Some(COMPLETED_PARTITION)) {
                    return Ok(Some(row.tm_resumed));
                }
            }
            start = next;
            if start.is_none() {
                return Ok(None);
            }
        }
    }

    async fn mark_verified(
        &self,
        customer: CustomerId,
        ledger: &Ledger,
        verified: &[VerifiedTable],
        receipt: &str,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let confirm = "SET #tm_confirmed = :now, #tm_progress = :now, #receipt = if_not_exists(#receipt, :receipt), #open = :confirmed";
        let update = Expr::new(confirm)
            .with(":now", n(now.micros()))
            .with(":receipt", s(receipt))
            .with(":confirmed", s(CONFIRMED_PARTITION));
        let tm_completed = ledger.header.tm_completed.map_or(0, Timestamp::micros);
        // A ledger that was opened again and completed a second time has another time, and needs another verification.
        let is_completed = Expr::new("#open = :sealed AND #tm_sealed = :tm_sealed")
            .with(":sealed", s(COMPLETED_PARTITION))
            .with(":tm_sealed", n(tm_completed));
        self.update_with_tables(customer, update, is_completed, verified, &ledger.removed()).await
    }

    async fn unsent_last_mails(
        &self,
        before: Timestamp,
        after: Option<LedgerCursor>,
    ) -> Result<LedgerPage, Failure> {
        self.ledgers_before(CONFIRMED_PARTITION, before, after).await
    }

    async fn close_ledger(&self, customer: CustomerId) -> Result<(), Failure> {
        let is_confirmed = Expr::new("#open = :confirmed").with(":confirmed", s(CONFIRMED_PARTITION));
        self.update_if(DELETIONS, row_key(customer, None), Expr::new("REMOVE #open"), is_confirmed)
            .await
            .map(|_| ())
    }
}

/// An entry of the index. Only the keys are projected.
#[derive(Debug, Deserialize)]
struct IndexRow {
    customer_id: CustomerId,
    #[serde(rename = "tm_progress")]
    tm_resumed: Timestamp,
}

impl Store {
    /// Customers of an index partition whose header row has a `tm_progress` of at most `before`, the oldest first. The header's
    /// `tm_progress` changes when the ledger is opened, resumed, completed or confirmed, and not when rows are deleted.
    async fn ledgers_before(
        &self,
        partition: &str,
        before: Timestamp,
        after: Option<LedgerCursor>,
    ) -> Result<LedgerPage, Failure> {
        let start = after.map(|cursor| {
            let mut key = row_key(cursor.customer, None);
            key.insert("open".to_owned(), s(partition));
            key.insert("tm_progress".to_owned(), n(cursor.tm_resumed.micros()));
            key
        });
        let (rows, next) = self.query_index(partition, Some(before), start).await?;
        let last =
            rows.last().map(|row| LedgerCursor { tm_resumed: row.tm_resumed, customer: row.customer_id });
        let customers = rows.into_iter().map(|row| row.customer_id).collect();
        Ok(LedgerPage { customers, next: last.filter(|_| next.is_some()) })
    }

    /// One page of an index partition, and the start key of the next page.
    async fn query_index(
        &self,
        partition: &str,
        before: Option<Timestamp>,
        start: Option<Item>,
    ) -> Result<(Vec<IndexRow>, Option<Item>), Failure> {
        let mut condition = Expr::new("#open = :part");
        if let Some(before) = before {
            condition =
                Expr::new("#open = :part AND #tm_progress <= :before").with(":before", n(before.micros()));
        }
        let condition = condition.with(":part", s(partition));
        let query = self.client.query().table_name(self.table(DELETIONS)).index_name(OPEN);
        let query = query
            .set_limit(before.map(|_| LEDGERS_PER_PAGE))
            .set_key_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .set_exclusive_start_key(start);
        let response = query.send().await.map_err(|error| aws_failure("the ledgers", &error))?;
        let rows: Result<Vec<IndexRow>, Failure> =
            response.items.unwrap_or_default().into_iter().map(decode).collect();
        Ok((rows?, response.last_evaluated_key))
    }
}
