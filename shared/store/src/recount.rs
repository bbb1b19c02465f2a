//! Reading the usage counters, and correcting them by counting the rows.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, Select};
use custodian_app::Failure;
use custodian_app::ports::{Counter, ReadCustomers, Recount, StoredRows, Usage};
use custodian_app::retry::RetryBudget;
use custodian_domain::kinds::{ALL, Kind};
use custodian_domain::{Agent, CustomerId, Plan};

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::counters;
use crate::expr::Expr;
use crate::item::{Item, decode, n, number_attribute, s, stored_size};
use crate::schema::{ACCESS_KEYS, AGENTS, USAGE};
use crate::transaction::Transaction;
use crate::usage;
use crate::usage_rows::{self, CounterAttribute};

/// The bytes of the rows are counted in queries of at most this many rows.
const MAX_ROWS_PER_QUERY: usize = 1000;

impl Store {
    /// The gates and counters of a customer, by key.
    pub(crate) async fn usage_rows(&self, customer: CustomerId) -> Result<BTreeMap<String, Item>, Failure> {
        let condition = Expr::new("#customer_id = :customer").with(":customer", s(customer));
        let query = self.client.query().table_name(self.table(USAGE)).consistent_read(true);
        let query = query
            .set_key_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values());
        let response = query.send().await.map_err(|error| aws_failure("the usage counters", &error))?;
        let keyed = |item: Item| match item.get("key") {
            Some(AttributeValue::S(key)) => Some((key.clone(), item)),
            _ => None,
        };
        Ok(response.items.unwrap_or_default().into_iter().filter_map(keyed).collect())
    }

    /// The bytes of all rows that count against the plan.
    async fn count_bytes(&self, customer: CustomerId) -> Result<i64, Failure> {
        let mut bytes = 0;
        for kind in ALL.iter().filter(|kind| kind.counts_bytes()) {
            let mut below = None;
            loop {
                let page = self.owned_rows(kind.table, customer, below, MAX_ROWS_PER_QUERY).await?;
                bytes += page.rows.iter().map(stored_size).sum::<u64>();
                below = page.next;
                if below.is_none() {
                    break;
                }
            }
        }
        Ok(i64::try_from(bytes).unwrap_or(i64::MAX))
    }

    /// Counts the bytes. If they or the plan's limit are not what the gates say, distributes both evenly over the gates. Returns
    /// false if the counts in the gates changed meanwhile.
    async fn recount_bytes(&self, customer: CustomerId) -> Result<bool, Failure> {
        let rows = self.usage_rows(customer).await?;
        let gates: Option<Vec<_>> =
            usage_rows::gates().map(|gate| rows.get(&usage_rows::gate_name(gate))).collect();
        let plan = self.customer(customer).await?.map(|customer| customer.plan);
        let (Some(gates), Some(plan)) = (gates, plan) else { return Ok(true) };
        // Only the version that wrote the plan knows its limit.
        if plan == Plan::Unknown {
            return Ok(true);
        }
        let bytes = self.count_bytes(customer).await?;
        let max = i64::try_from(usage::max_bytes_per_gate(plan)).unwrap_or(i64::MAX);
        let gate_count = i64::try_from(gates.len()).unwrap_or(1);
        let sum = |name: &str| gates.iter().map(|row| number_attribute(row, name)).sum::<i64>();
        let is_complete = gates.iter().all(|row| row.contains_key(usage_rows::BYTES_LEFT));
        if is_complete
            && sum(usage_rows::BYTES) == bytes
            && sum(usage_rows::BYTES_LEFT) == max * gate_count - bytes
        {
            return Ok(true);
        }
        let mut tx = Transaction::new(self, RetryBudget::Short);
        for (gate, row) in usage_rows::gates().zip(gates) {
            let rest = if gate == 0 { bytes % gate_count } else { 0 };
            let share = bytes / gate_count + rest;
            let is_unchanged = counters::has_change_count(number_attribute(row, usage_rows::CHANGE_COUNT));
            let key = usage_rows::gate_key(customer, gate);
            tx = tx.update((), USAGE, key, usage::set_bytes(share, max - share), is_unchanged)?;
        }
        Ok(tx.run().await?.is_ok())
    }

    /// Counts the rows of a counter's table without the guest agent. For `Counter::Admins`, counts only the administrators.
    async fn count_rows(&self, customer: CustomerId, counter: Counter) -> Result<i64, Failure> {
        let table = match counter {
            Counter::Kind(kind) => kind.table,
            Counter::AccessKeys => ACCESS_KEYS,
            Counter::Admins | Counter::Bytes => AGENTS,
        };
        let condition = Expr::new("#customer_id = :customer").with(":customer", s(customer));
        let is_not_guest = Expr::new("#guest <> :true").with(":true", AttributeValue::Bool(true));
        let filter = Some(&is_not_guest).filter(|_| table == AGENTS);
        let combined = filter.map_or_else(|| condition.clone(), |filter| condition.joined_with(filter));
        // The domain decides which agents are administrators, so the query must return whole rows.
        let select = if matches!(counter, Counter::Admins) { Select::AllAttributes } else { Select::Count };
        let (mut rows, mut start) = (0, None);
        loop {
            let query = self.client.query().table_name(self.table(table)).consistent_read(true);
            let query = query
                .select(select.clone())
                .set_key_condition_expression(condition.text())
                .set_filter_expression(filter.and_then(Expr::text))
                .set_expression_attribute_names(combined.names())
                .set_expression_attribute_values(combined.values())
                .set_exclusive_start_key(start);
            let response = query.send().await.map_err(|error| aws_failure("the rows", &error))?;
            rows += match response.items {
                Some(agents) => count_administrators(agents)?,
                None => i64::from(response.count),
            };
            start = response.last_evaluated_key;
            if start.is_none() {
                return Ok(rows);
            }
        }
    }
}

fn count_administrators(agents: Vec<Item>) -> Result<i64, Failure> {
    let agents = agents.into_iter().map(decode::<Agent>).collect::<Result<Vec<_>, _>>()?;
    Ok(agents.iter().map(|agent| i64::from(agent.counts_as_admin())).sum())
}

/// The attributes whose sum is a counter.
fn counter_attributes(counter: Counter) -> Vec<CounterAttribute> {
    match counter {
        Counter::Kind(kind) => usage_rows::counter_attributes(kind).collect(),
        Counter::AccessKeys => vec![usage_rows::counter_attribute(ACCESS_KEYS)],
        Counter::Admins => vec![usage_rows::counter_attribute(usage_rows::ADMINS)],
        Counter::Bytes => Vec::new(),
    }
}

/// What an account stores, according to its gates and counters.
pub(crate) fn stored_rows(rows: &BTreeMap<String, Item>) -> StoredRows {
    let count = |kind: &Kind| {
        let parts = usage_rows::counter_attributes(kind).map(|counter_attribute| {
            rows.get(&counter_attribute.key)
                .map_or(0, |item| number_attribute(item, &counter_attribute.attribute))
        });
        u64::try_from(parts.sum::<i64>()).unwrap_or(0)
    };
    let bytes = rows.values().map(|row| number_attribute(row, usage_rows::BYTES)).sum::<i64>();
    StoredRows {
        counts: ALL.iter().map(|kind| (kind.table, count(kind))).collect(),
        bytes: u64::try_from(bytes).unwrap_or(0),
    }
}

impl Usage for Store {
    async fn usage(&self, customer: CustomerId) -> Result<StoredRows, Failure> {
        Ok(stored_rows(&self.usage_rows(customer).await?))
    }
}

impl Recount for Store {
    async fn recount(&self, customer: CustomerId, counter: Counter) -> Result<bool, Failure> {
        if matches!(counter, Counter::Bytes) {
            return self.recount_bytes(customer).await;
        }
        let rows = self.usage_rows(customer).await?;
        let counter_attributes: Vec<(CounterAttribute, &Item)> = counter_attributes(counter)
            .into_iter()
            .filter_map(|counter_attribute| Some((rows.get(&counter_attribute.key)?, counter_attribute)))
            .map(|(item, counter_attribute)| (counter_attribute, item))
            .collect();
        let recorded: i64 = counter_attributes
            .iter()
            .map(|(counter_attribute, item)| number_attribute(item, &counter_attribute.attribute))
            .sum();
        let difference = self.count_rows(customer, counter).await? - recorded;
        if difference == 0 || counter_attributes.is_empty() {
            return Ok(true);
        }
        let mut tx = Transaction::new(self, RetryBudget::Short);
        for (index, (counter_attribute, item)) in counter_attributes.iter().enumerate() {
            let is_unchanged = counters::has_change_count(number_attribute(item, usage_rows::CHANGE_COUNT));
            let key = usage_rows::row_key(customer, &counter_attribute.key);
            tx = if index == 0 {
                let update = Expr::new(format!(
                    "SET #{0} = :n, #{1} = #{1} + :one",
                    counter_attribute.attribute,
                    usage_rows::CHANGE_COUNT
                ));
                let update = update
                    .with(":n", n(number_attribute(item, &counter_attribute.attribute) + difference))
                    .with(":one", n(1));
                tx.update((), USAGE, key, update, is_unchanged)?
            } else {
                tx.check((), USAGE, key, is_unchanged)?
            };
        }
        Ok(tx.run().await?.is_ok())
    }
}
