//! Lists of customers. An index provides the ids, and a consistent read of the table provides the rows.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::ports::{CountDue, DueCustomers, ListCustomers, OverduePage, QueryPage};
use custodian_domain::{Customer, CustomerId, Status, Timestamp};
use futures::future::try_join_all;
use serde::Deserialize;
use uuid::Uuid;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::batch_get::MAX_BATCH_GET;
use crate::expr::Expr;
use crate::item::{Item, decode, n, s, simple_key};
use crate::schema::{BY_STATUS, CUSTOMERS, DUE};

/// The number of overdue customers in one page.
const OVERDUE_PER_PAGE: usize = 100;

impl ListCustomers for Store {
    async fn customers(
        &self,
        statuses: &[Status],
        below: Option<Uuid>,
        limit: usize,
    ) -> Result<QueryPage<Customer>, Failure> {
        let ids = self.next_ids(statuses, below, limit).await?;
        let last = ids.last().filter(|_| ids.len() >= limit).and_then(|id| Uuid::try_parse(id).ok());
        let mut rows = self.customers_by_id(&ids).await?;
        // The index is eventually consistent, so the status in the table decides.
        rows.retain(|row| statuses.contains(&row.status()));
        rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.id));
        Ok(QueryPage { rows, next: last })
    }
}

impl DueCustomers for Store {
    async fn overdue(
        &self,
        status: Status,
        now: Timestamp,
        after: Option<(Timestamp, CustomerId)>,
    ) -> Result<OverduePage, Failure> {
        let condition = Expr::new("#due_status = :status AND #due_at <= :now")
            .with(":status", s(status.as_str()))
            .with(":now", n(now.micros()));
        let start = after.map(|(due_at, id)| {
            let mut key = simple_key("id", id);
            key.insert("due_status".to_owned(), s(status.as_str()));
            key.insert("due_at".to_owned(), n(due_at.micros()));
            key
        });
        let query = self.index_query(DUE, &condition, true, OVERDUE_PER_PAGE).set_exclusive_start_key(start);
        let response = query.send().await.map_err(|error| aws_failure("the customers", &error))?;
        #[derive(Deserialize)]
        struct IndexRow {
            id: CustomerId,
            due_at: Timestamp,
        }
        let rows: Result<Vec<IndexRow>, Failure> =
            response.items.unwrap_or_default().into_iter().map(decode).collect();
        let rows = rows?;
        let next = rows.last().map(|row| (row.due_at, row.id));
        let ids: Vec<_> = rows.iter().map(|row| row.id.to_string()).collect();
        let customers = self.customers_by_id(&ids).await?;
        Ok(OverduePage { customers, next: next.filter(|_| response.last_evaluated_key.is_some()) })
    }
}

impl CountDue for Store {
    async fn count_due(&self, since: Timestamp, now: Timestamp, max: u32) -> Result<u32, Failure> {
        if since >= now {
            return Ok(0);
        }
        let condition = Expr::new("#due_status = :status AND #due_at BETWEEN :since AND :now")
            .with(":status", s(Status::Frozen.as_str()))
            .with(":since", n(since.micros() + 1))
            .with(":now", n(now.micros()));
        let ids = self.query_ids(DUE, condition, max as usize).await?;
        Ok(u32::try_from(ids.len()).unwrap_or(max))
    }
}

impl Store {
    /// The ids of the next customers in any of these statuses, newest first. Makes one query per status.
    async fn next_ids(
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
            self.query_ids(BY_STATUS, condition.with(":status", s(status.as_str())), limit)
        });
        let mut ids: Vec<String> = try_join_all(queries).await?.into_iter().flatten().collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        // During a change of status, the index may list the customer under both statuses.
        ids.dedup();
        ids.truncate(limit);
        Ok(ids)
    }

    /// Up to `limit` ids from an index of the customers, in descending order.
    async fn query_ids(&self, index: &str, condition: Expr, limit: usize) -> Result<Vec<String>, Failure> {
        let query = self.index_query(index, &condition, false, limit);
        let response = query.send().await.map_err(|error| aws_failure("the customers", &error))?;
        let id = |item: Item| match item.get("id") {
            Some(AttributeValue::S(id)) => Some(id.clone()),
            _ => None,
        };
        Ok(response.items.unwrap_or_default().into_iter().filter_map(id).collect())
    }

    fn index_query(
        &self,
        index: &str,
        condition: &Expr,
        ascending: bool,
        limit: usize,
    ) -> QueryFluentBuilder {
        let query = self.client.query().table_name(self.table(CUSTOMERS)).index_name(index);
        query
            .set_key_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .scan_index_forward(ascending)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
    }

    async fn customers_by_id(&self, ids: &[String]) -> Result<Vec<Customer>, Failure> {
        let mut rows = Vec::with_capacity(ids.len());
        for ids in ids.chunks(MAX_BATCH_GET) {
            let keys = ids.iter().map(|id| simple_key("id", id)).collect();
            let found = self.batch_get(vec![(CUSTOMERS, keys)]).await?;
            for item in found.into_values().flatten() {
                rows.push(decode(item)?);
            }
        }
        Ok(rows)
    }
}
