//! Reading customers by index. The index provides the ids, and a consistent read of the table provides the rows.

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::ports::DueCustomers;
use custodian_domain::{Customer, Status, Timestamp};
use futures::future::try_join_all;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::batch_get::MAX_BATCH_GET;
use crate::expr::Expr;
use crate::item::{Item, decode, n, s, simple_key};
use crate::schema::{CUSTOMERS, DUE};

/// The maximum number of overdue customers of a status that one run of `reconcile` handles.
const MAX_OVERDUE: usize = 100;

impl DueCustomers for Store {
    async fn overdue(&self, now: Timestamp) -> Result<Vec<Customer>, Failure> {
        let queries = [Status::Frozen, Status::Initial].map(|status| {
            let condition = Expr::new("#due_status = :status AND #due_at <= :now")
                .with(":status", s(status.as_str()))
                .with(":now", n(now.micros()));
            self.query_ids(DUE, condition, true, MAX_OVERDUE)
        });
        let ids: Vec<String> = try_join_all(queries).await?.into_iter().flatten().collect();
        self.customers_by_id(&ids).await
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
        let query = self.client.query().table_name(self.table(CUSTOMERS)).index_name(index);
        let query = query
            .set_key_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .scan_index_forward(ascending)
            .set_exclusive_start_key(after)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let response = query.send().await.map_err(|error| aws_failure("the customers", &error))?;
        Ok(response.items.unwrap_or_default())
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
