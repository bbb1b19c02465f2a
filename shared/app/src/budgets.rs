//! Budgets of webhooks: how many attempts and bytes are spent in a window of time.
//!
//! The windows are fixed, such as each hour of the clock, and do not begin with their first attempt like those of a throttle. So
//! one request to the database counts an attempt in a budget, whether the window is new or not.

use std::time::Duration;

use custodian_domain::Timestamp;
use custodian_domain::webhook_endpoints::EndpointId;
use futures::future::{join_all, try_join_all};

use crate::context::{Context, WebhookBudget, WebhookBudgets};
use crate::failure::{Failure, ignore};
use crate::ports::{BudgetWindow, Budgets};

/// A limit and what it counts.
#[derive(Clone, Debug)]
pub struct Budget {
    kind: &'static str,
    subject: String,
    max: WebhookBudget,
    window: Duration,
}

impl Budget {
    /// The webhooks of one account to one endpoint, in an hour. If all endpoints had one budget, one that refuses everything would
    /// use up the attempts of the others.
    pub fn of_endpoint(budgets: &WebhookBudgets, endpoint: EndpointId) -> Self {
        let subject = match endpoint.additional() {
            None => endpoint.customer_id.to_string(),
            Some(id) => format!("{}:{id}", endpoint.customer_id),
        };
        let window = Duration::from_secs(3600);
        Self { kind: "account_budget", subject, max: budgets.endpoint, window }
    }

    /// The webhooks to one host and port, of all accounts, in a minute.
    pub const fn of_destination(budgets: &WebhookBudgets, host_and_port: String) -> Self {
        let window = Duration::from_secs(60);
        Self { kind: "destination_budget", subject: host_and_port, max: budgets.destination, window }
    }

    /// When the window ends that contains `now`.
    fn window_end(&self, now: Timestamp) -> Timestamp {
        let length = i64::try_from(self.window.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros((now.micros().div_euclid(length) + 1) * length)
    }
}

/// An exhausted budget, until its window ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExhaustedBudget {
    pub kind: &'static str,
    pub until: Timestamp,
}

/// Counts an attempt with so many bytes in every budget. If one of them is exhausted, refunds the others, and returns the exhausted
/// budget whose window ends last.
pub async fn spend<S: Budgets, E>(
    cx: &Context<S, E>,
    budgets: &[Budget],
    bytes: u64,
) -> Result<Option<ExhaustedBudget>, Failure> {
    let now = cx.now();
    let outcomes = try_join_all(budgets.iter().map(|budget| spend_one(cx, budget, bytes, now))).await?;
    let exhausted = outcomes.iter().filter_map(|(_, exhausted)| *exhausted).max_by_key(|one| one.until);
    if exhausted.is_some() {
        let charged = outcomes.iter().filter(|(_, exhausted)| exhausted.is_none());
        for refunded in join_all(charged.map(|(key, _)| cx.store.refund(key, bytes))).await {
            ignore(refunded, "the budget is whole again when its window ends");
        }
    }
    Ok(exhausted)
}

async fn spend_one<S: Budgets, E>(
    cx: &Context<S, E>,
    budget: &Budget,
    bytes: u64,
    now: Timestamp,
) -> Result<(String, Option<ExhaustedBudget>), Failure> {
    let ends = budget.window_end(now);
    let key = cx.keys.keyed_hash(budget.kind, &format!("{} {}", budget.subject, ends.seconds()))?;
    let window =
        BudgetWindow { key: &key, max_attempts: budget.max.attempts, max_bytes: budget.max.bytes, ends };
    let is_within_budget = cx.store.spend(window, bytes).await?;
    let exhausted = (!is_within_budget).then_some(ExhaustedBudget { kind: budget.kind, until: ends });
    Ok((key, exhausted))
}
