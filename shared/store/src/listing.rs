//! Lists of customers: the index gives ids, the table gives the rows, consistently.

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::ports::{DueCustomers, ListCustomers, Part};
use custodian_domain::{Customer, Status, Timestamp};
use futures::future::try_join_all;
use uuid::Uuid;

use crate::Store;
use crate::expr::Expr;
use crate::item::{Item, decode, key, n, s};
use crate::schema::{BY_STATUS, CUSTOMERS, DUE};
use crate::transaction::failed;

/// What one BatchGetItem can read.
const BATCH: usize = 100;
/// How many overdue customers of a status one run of `reconcile` takes on.
const OVERDUE: usize = 100;

impl ListCustomers for Store {
    async fn customers(
        &self,
        statuses: &[Status],
        below: Option<Uuid>,
        limit: usize,
    ) -> Result<Part<Customer>, Failure> {
        let ids = self.ids_below(statuses, below, limit).await?;
        let last = ids.last().filter(|_| ids.len() >= limit).and_then(|id| Uuid::try_parse(id).ok());
        let mut rows = self.rows(&ids).await?;
        // The index may lag behind: what the table says counts.
        rows.retain(|row| statuses.contains(&row.status()));
        rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.id));
        Ok(Part { rows, next: last })
    }
}

impl DueCustomers for Store {
    async fn overdue(&self, now: Timestamp) -> Result<Vec<Customer>, Failure> {
        let queries = [Status::Frozen, Status::Initial].map(|status| {
            let condition = Expr::new("#due_status = :status AND #due_at <= :now")
                .with(":status", s(status.as_str()))
                .with(":now", n(now.micros()));
            self.ids(DUE, condition, true, OVERDUE)
        });
        let ids: Vec<String> = try_join_all(queries).await?.into_iter().flatten().collect();
        self.rows(&ids).await
    }
}

impl Store {
    /// The ids of the next rows in any of these statuses, newest first: one query a status, however many rows there are.
    async fn ids_below(
        &self,
        statuses: &[Status],
        below: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<String>, Failure> {
        let queries = statuses.iter().map(|status| {
            let mut condition = Expr::new("#status = :status");
            if let Some(below) = below {
                condition = Expr::new("#status = :status AND #id < :below").with(":below", s(below));
            }
            self.ids(BY_STATUS, condition.with(":status", s(status.as_str())), false, limit)
        });
        let mut ids: Vec<String> = try_join_all(queries).await?.into_iter().flatten().collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        // A row that changes its status right now may be in the index under both.
        ids.dedup();
        ids.truncate(limit);
        Ok(ids)
    }

    /// Up to `limit` ids from an index of the customers.
    async fn ids(
        &self,
        index: &str,
        condition: Expr,
        ascending: bool,
        limit: usize,
    ) -> Result<Vec<String>, Failure> {
        let query = self.client.query().table_name(self.table(CUSTOMERS)).index_name(index);
        let query = query
            .set_key_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .scan_index_forward(ascending)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(|error| failed("the customers", &error))?;
        let id = |item: Item| match item.get("id") {
            Some(AttributeValue::S(id)) => Some(id.clone()),
            _ => None,
        };
        Ok(answer.items.unwrap_or_default().into_iter().filter_map(id).collect())
    }

    async fn rows(&self, ids: &[String]) -> Result<Vec<Customer>, Failure> {
        let mut rows = Vec::with_capacity(ids.len());
        for part in ids.chunks(BATCH) {
            let keys = part.iter().map(|id| key("id", id)).collect();
            let found = self.batch(vec![(CUSTOMERS, keys)]).await?;
            for item in found.into_values().flatten() {
                rows.push(decode(item)?);
            }
        }
        Ok(rows)
    }
}
