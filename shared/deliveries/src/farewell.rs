//! The news of an account's end. Nothing is kept of it but that the ledger waits for it.

use std::time::Duration;

use custodian_app::hooks::KeepHooks;
use custodian_app::{Context, Failure, Metric, farewell};
use custodian_cascade::{Task, Tasks, WEBHOOKS};
use custodian_domain::webhook::{Farewell, delivery_id};
use custodian_domain::{Customer, Timestamp};
use custodian_webhooks::{Attempt, Outcome, Patience, next};

use crate::deliver::{name, wait_elsewhere};
use crate::ports::{Errand, Errands, Posting, ReadRows};
use crate::post::{last_secrets, post};

/// Tells where the account wanted to be told, as long as that is worth it.
pub(crate) async fn say_farewell<S, E>(
    cx: &Context<S, E>,
    errand: &Errand,
    customer: &Customer,
) -> Result<(), Failure>
where
    S: ReadRows + KeepHooks,
    E: Posting + Errands + Tasks,
{
    let (now, hook) = (cx.now(), cx.store.hook(customer.id).await?);
    let Some(farewell) = hook.farewell.clone() else { return Ok(()) };
    let destination = farewell::open(&cx.keys, customer.id, &farewell)?;
    let Some(to) = destination.filter(|to| now < farewell.until && !hook.is_off(&to.uri)) else {
        return end_farewell(cx, customer).await;
    };
    let id = delivery_id(errand.detail.id, customer.tm_update);
    if !errand.slow && hook.is_slow(&to.uri, now) {
        return wait_elsewhere(cx, errand, id).await;
    }
    let secrets = last_secrets(cx, &hook)?;
    let report = post(cx, errand, customer, (&to.uri, &to.method), id, &secrets).await?;
    let ended = cx.now();
    let since_first = ended.since(customer.tm_update);
    let attempt = Attempt { number: errand.attempt, since_first, patience: Patience::Deletion };
    match next(attempt, report.outcome, u32::from_be_bytes(cx.sources.random())) {
        Some(delay) if is_worth(&farewell, ended, delay) => {
            let next = errand.following();
            cx.ends.errand(&next, &name(id, next.attempt), delay, ended).await
        }
        _ => {
            if !matches!(report.outcome, Outcome::Succeeded { .. }) {
                cx.meter.note(&[Metric::WebhooksGivenUp]);
            }
            end_farewell(cx, customer).await
        }
    }
}

fn is_worth(farewell: &Farewell, now: Timestamp, delay: Duration) -> bool {
    now.plus(delay) < farewell.until
}

/// The step of the ledger may go on: nobody is told any more.
async fn end_farewell<S: KeepHooks, E: Tasks>(
    cx: &Context<S, E>,
    customer: &Customer,
) -> Result<(), Failure> {
    cx.store.forget_farewell(customer.id).await?;
    cx.ends.hand_out(&[Task { customer_id: customer.id, step: WEBHOOKS.to_owned(), hop: 0 }]).await
}
