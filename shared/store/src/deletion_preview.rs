//! Counting the rows that a deletion would remove, without changing anything.
//!
//! The usage counters know the rows of the kinds and the access keys. The rows of the other tables are counted by consistent
//! queries.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::Select;
use custodian_app::Failure;
use custodian_app::ports::{CountRowsToDelete, RowCount, RowsToDelete};
use custodian_cascade::{STEPS, Step};
use custodian_domain::CustomerId;
use custodian_domain::kinds::NUMBERS;
use futures::future::{try_join_all, try_join3};
use serde_json::Value;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::cascade::partition;
use crate::expr::Expr;
use crate::item::{Item, number_attribute, s};
use crate::recount::stored_rows;
use crate::resources::decode_resource;
use crate::schema::{ACCESS_KEYS, USAGE};
use crate::usage_rows;

/// The maximum number of pages of 1 MB that are counted in a table. A busy account has millions of deliveries, and a dry run must
/// end within the time of a request.
const MAX_COUNTED_PAGES: usize = 8;

impl CountRowsToDelete for Store {
    async fn rows_to_delete(
        &self,
        customer: CustomerId,
        max_numbers: usize,
    ) -> Result<RowsToDelete, Failure> {
        let counted = STEPS.iter().filter(|step| !has_counter(step.table));
        let counted = counted.map(|step| self.count_keys(customer, step));
        let (usage_rows, counted, numbers) = try_join3(
            self.usage_rows(customer),
            try_join_all(counted),
            self.owned_rows(NUMBERS.table, customer, None, max_numbers),
        )
        .await?;
        let by_counter = rows_by_counter(&usage_rows);
        let count = |step: &Step| match counted.iter().find(|count| count.table == step.table) {
            Some(count) => *count,
            None => {
                let rows = by_counter.get(step.table).copied().unwrap_or(0);
                RowCount { table: step.table, rows, at_least: false }
            }
        };
        Ok(RowsToDelete {
            tables: STEPS.iter().map(count).collect(),
            rows_read: counted.iter().map(|count| count.rows).sum(),
            numbers: numbers.rows.into_iter().map(number).collect::<Result<_, _>>()?,
        })
    }
}

/// Whether the usage rows show how many rows of a table an account has.
fn has_counter(table: &str) -> bool {
    [ACCESS_KEYS, USAGE].contains(&table)
        || custodian_domain::kinds::ALL.iter().any(|kind| kind.table == table)
}

fn rows_by_counter(usage_rows: &BTreeMap<String, Item>) -> BTreeMap<&'static str, u64> {
    let mut rows = stored_rows(usage_rows).rows_to_delete();
    let keys = usage_rows::counter_attribute(ACCESS_KEYS);
    let keys = usage_rows.get(&keys.key).map_or(0, |row| number_attribute(row, &keys.attribute));
    rows.insert(ACCESS_KEYS, u64::try_from(keys).unwrap_or(0));
    rows.insert(USAGE, usage_rows.len() as u64);
    rows
}

fn number(item: Item) -> Result<String, Failure> {
    let row = decode_resource(&NUMBERS, item)?.row;
    Ok(row.fields.get("number").and_then(Value::as_str).unwrap_or_default().to_owned())
}

impl Store {
    /// The number of rows that a step of the cascade would find. Stops after some pages.
    async fn count_keys(&self, customer: CustomerId, step: &'static Step) -> Result<RowCount, Failure> {
        let (hash, value, _) = partition(customer, step);
        let condition = Expr::new(format!("#{hash} = :hash")).with(":hash", s(value));
        let (mut rows, mut start) = (0, None);
        for _ in 0..MAX_COUNTED_PAGES {
            let query = self.client.query().table_name(self.table(step.table)).consistent_read(true);
            let query = query
                .select(Select::Count)
                .set_key_condition_expression(condition.text())
                .set_expression_attribute_names(condition.names())
                .set_expression_attribute_values(condition.values())
                .set_exclusive_start_key(start);
            let response = query.send().await.map_err(|error| aws_failure("the rows", &error))?;
            rows += u64::try_from(response.count).unwrap_or(0);
            start = response.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(RowCount { table: step.table, rows, at_least: start.is_some() })
    }
}
