//! Reading customers by index. The index provides the ids, and a consistent read of the table provides the rows.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::ports::{CountDue, DueCustomers, OverduePage};
use custodian_domain::{Customer, CustomerId, Status, Timestamp};
use serde::Deserialize;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::batch_get::MAX_BATCH_GET;
use crate::expr::Expr;
use crate::item::{Item, decode, n, s, simple_key};
use crate::schema::{CUSTOMERS, DUE};

/// The maximum number of overdue customers in one page.
const OVERDUE_PER_PAGE: usize = 100;

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
        let (mut count, mut start) = (0_u32, None);
        // A query reads at most 1 MB of the index, which may be fewer keys than `max`.
        loop {
            let left = max.saturating_sub(count) as usize;
            let query = self.index_query(DUE, &condition, true, left).set_exclusive_start_key(start);
            let response = query.send().await.map_err(|error| aws_failure("the customers", &error))?;
            count = count.saturating_add(u32::try_from(response.items().len()).unwrap_or(max));
            start = response.last_evaluated_key;
            if count >= max || start.is_none() {
                return Ok(count.min(max));
            }
        }
    }
}

/// The id of a customer in an index.
pub(crate) fn id(item: &Item) -> Option<String> {
    match item.get("id") {
        Some(AttributeValue::S(id)) => Some(id.clone()),
        _ => None,
    }
}

impl Store {
    /// Up to `limit` ids from an index of the customers.
    pub(crate) async fn query_ids(
        &self,
        index: &str,
        condition: Expr,
        ascending: bool,
        limit: usize,
    ) -> Result<Vec<String>, Failure> {
        Ok(self.query_keys(index, condition, ascending, limit, None).await?.iter().filter_map(id).collect())
    }

    /// Up to `limit` keys from an index of the customers, after the key `after`.
    pub(crate) async fn query_keys(
        &self,
        index: &str,
        condition: Expr,
        ascending: bool,
        limit: usize,
        after: Option<Item>,
    ) -> Result<Vec<Item>, Failure> {
        let query = self.index_query(index, &condition, ascending, limit).set_exclusive_start_key(after);
        let response = query.send().await.map_err(|error| aws_failure("the customers", &error))?;
        Ok(response.items.unwrap_or_default())
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
        self.customer_items(ids).await?.into_iter().map(decode).collect()
    }

    /// The items of customers, in no particular order.
    pub(crate) async fn customer_items(&self, ids: &[String]) -> Result<Vec<Item>, Failure> {
        let mut rows = Vec::with_capacity(ids.len());
        for ids in ids.chunks(MAX_BATCH_GET) {
            let keys = ids.iter().map(|id| simple_key("id", id)).collect();
            let found = self.batch_get(vec![(CUSTOMERS, keys)]).await?;
            rows.extend(found.into_values().flatten());
        }
        Ok(rows)
    }
}
