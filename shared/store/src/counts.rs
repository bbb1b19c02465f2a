//! How many rows there are: as counted along, and counted anew.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, Select};
use custodian_app::Failure;
use custodian_app::ports::{Recount, Tally, Usage};
use custodian_domain::kinds::{ALL, Kind};
use custodian_domain::{Agent, CustomerId};

use crate::Store;
use crate::expr::Expr;
use crate::item::{Item, decode, n, s};
use crate::retry::Patience;
use crate::schema::{ACCESS_KEYS, AGENTS, USAGE};
use crate::transaction::{Transaction, failed};
use crate::usage::{self, Counter};

fn number(item: &Item, name: &str) -> i64 {
    let text = item.get(name).and_then(|value| value.as_n().ok());
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

impl Store {
    /// Every gate and counter of a customer, by key.
    async fn usage_rows(&self, customer: CustomerId) -> Result<BTreeMap<String, Item>, Failure> {
        let condition = Expr::new("#customer_id = :customer").with(":customer", s(customer));
        let query = self.client.query().table_name(self.table(USAGE)).consistent_read(true);
        let query = query
            .set_key_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values());
        let answer = query.send().await.map_err(|error| failed("the usage", &error))?;
        let keyed = |item: Item| match item.get("key") {
            Some(AttributeValue::S(key)) => Some((key.clone(), item)),
            _ => None,
        };
        Ok(answer.items.unwrap_or_default().into_iter().filter_map(keyed).collect())
    }

    /// How many rows are there now; the guest does not count.
    async fn counted_anew(&self, customer: CustomerId, tally: Tally) -> Result<i64, Failure> {
        let table = match tally {
            Tally::Kind(kind) => kind.table,
            Tally::AccessKeys => ACCESS_KEYS,
            Tally::Admins => AGENTS,
        };
        let condition = Expr::new("#customer_id = :customer").with(":customer", s(customer));
        let no_guest = Expr::new("#guest <> :true").with(":true", AttributeValue::Bool(true));
        let filter = Some(&no_guest).filter(|_| table == AGENTS);
        let all = filter.map_or_else(|| condition.clone(), |filter| condition.joined_with(filter));
        // What an agent may do is for the domain to say.
        let select = if matches!(tally, Tally::Admins) { Select::AllAttributes } else { Select::Count };
        let (mut rows, mut start) = (0, None);
        loop {
            let query = self.client.query().table_name(self.table(table)).consistent_read(true);
            let query = query
                .select(select.clone())
                .set_key_condition_expression(condition.text())
                .set_filter_expression(filter.and_then(Expr::text))
                .set_expression_attribute_names(all.names())
                .set_expression_attribute_values(all.values())
                .set_exclusive_start_key(start);
            let answer = query.send().await.map_err(|error| failed("the rows", &error))?;
            rows += match answer.items {
                Some(agents) => stays(agents)?,
                None => i64::from(answer.count),
            };
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(rows);
            }
        }
    }
}

/// How many of these agents are of those of whom one has to stay.
fn stays(agents: Vec<Item>) -> Result<i64, Failure> {
    let agents = agents.into_iter().map(decode::<Agent>).collect::<Result<Vec<_>, _>>()?;
    Ok(agents.iter().map(|agent| i64::from(agent.stays())).sum())
}

/// Where it is counted along.
fn counters(tally: Tally) -> Vec<Counter> {
    match tally {
        Tally::Kind(kind) => usage::counters(kind).collect(),
        Tally::AccessKeys => vec![usage::counter(ACCESS_KEYS)],
        Tally::Admins => vec![usage::counter(usage::ADMINS)],
    }
}

impl Usage for Store {
    async fn usage(&self, customer: CustomerId) -> Result<BTreeMap<&'static str, u64>, Failure> {
        let rows = self.usage_rows(customer).await?;
        let count = |kind: &Kind| {
            let parts = usage::counters(kind)
                .map(|counter| rows.get(&counter.key).map_or(0, |item| number(item, &counter.attribute)));
            u64::try_from(parts.sum::<i64>()).unwrap_or(0)
        };
        Ok(ALL.iter().map(|kind| (kind.table, count(kind))).collect())
    }
}

impl Recount for Store {
    async fn recount(&self, customer: CustomerId, tally: Tally) -> Result<bool, Failure> {
        let seen = self.usage_rows(customer).await?;
        let counters: Vec<(Counter, &Item)> = counters(tally)
            .into_iter()
            .filter_map(|counter| Some((seen.get(&counter.key)?, counter)))
            .map(|(item, counter)| (counter, item))
            .collect();
        let noted: i64 = counters.iter().map(|(counter, item)| number(item, &counter.attribute)).sum();
        let wrong_by = self.counted_anew(customer, tally).await? - noted;
        if wrong_by == 0 || counters.is_empty() {
            return Ok(true);
        }
        let mut tx = Transaction::new(self, Patience::Request);
        for (at, (counter, item)) in counters.iter().enumerate() {
            let unmoved = usage::unmoved(number(item, usage::MOVES));
            let key = usage::row_key(customer, &counter.key);
            tx = if at == 0 {
                let update =
                    Expr::new(format!("SET #{0} = :n, #{1} = #{1} + :one", counter.attribute, usage::MOVES));
                let update =
                    update.with(":n", n(number(item, &counter.attribute) + wrong_by)).with(":one", n(1));
                tx.update((), USAGE, key, update, unmoved)?
            } else {
                tx.check((), USAGE, key, unmoved)?
            };
        }
        Ok(tx.run().await?.is_ok())
    }
}
