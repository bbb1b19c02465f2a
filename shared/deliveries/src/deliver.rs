//! One errand: post it, keep how it went, see to the next attempt.

use std::time::Duration;

use custodian_app::hooks::KeepHooks;
use custodian_app::ports::{ReadCustomers, Written};
use custodian_app::{Context, Failure, Metric, farewell};
use custodian_cascade::{Task, Tasks, WEBHOOKS};
use custodian_domain::webhook::{
    Delivery, DeliveryStatus, Farewell, Hook, HookSecret, delivery_id, fingerprint,
};
use custodian_domain::{Customer, Status, Timestamp};
use custodian_events::CUSTOMER_DELETED;
use custodian_webhooks::{Attempt, Method, Outcome, Patience, Report, SecretSet, SigningSecret, next};

use crate::payload::payload;
use crate::ports::{Errand, Errands, Post, Posting, ReadRows};

/// Does an errand. It may come again and it may come late: an attempt that was made is not made again, and what is told is
/// what is so now.
pub async fn deliver<S, E>(cx: &Context<S, E>, errand: &Errand) -> Result<(), Failure>
where
    S: ReadCustomers + ReadRows + KeepHooks,
    E: Posting + Errands + Tasks,
{
    let Some(customer) = cx.store.customer(errand.detail.customer_id).await? else { return Ok(()) };
    match customer.status() {
        Status::Active | Status::Frozen if !customer.profile.webhook_uri.is_empty() => {
            tell(cx, errand, &customer).await
        }
        Status::Deleted if errand.detail.kind == CUSTOMER_DELETED => {
            say_farewell(cx, errand, &customer).await
        }
        // Nobody has shown that an account that was never verified may have something sent anywhere.
        _ => Ok(()),
    }
}

async fn tell<S, E>(cx: &Context<S, E>, errand: &Errand, customer: &Customer) -> Result<(), Failure>
where
    S: ReadRows + KeepHooks,
    E: Posting + Errands,
{
    let (now, uri) = (cx.now(), &customer.profile.webhook_uri);
    let hook = cx.store.hook(customer.id).await?;
    let happened = Timestamp::parse(&errand.detail.time).unwrap_or(now);
    let id = delivery_id(errand.detail.id, happened);
    let known = cx.store.delivery(customer.id, id).await?;
    let made = known.as_ref().map_or(0, |known| known.attempts);
    if made >= errand.attempt {
        // The attempt was made, but perhaps the next one was not seen to.
        return match known {
            Some(known) if made == errand.attempt => again(cx, errand, &known).await,
            _ => Ok(()),
        };
    }
    // A test is what turns a destination on again.
    if hook.is_off(uri) && errand.detail.kind != crate::manage::TEST {
        return Ok(());
    }
    let body = payload(&cx.store, customer, &errand.detail).await?;
    let report = post(cx, &hook, (uri, &customer.profile.webhook_method), errand, id, body).await;
    let since_first = known.as_ref().map_or(Duration::ZERO, |known| now.since(known.tm_create));
    let delay = following(cx, errand, since_first, Patience::Usual, &report);
    let delivery = record(errand, id, known.as_ref(), &report, delay, now);
    if cx.store.keep_delivery(&delivery, made).await? != Written::Done {
        return Ok(());
    }
    if delivery.status == DeliveryStatus::Failed {
        cx.meter.note(&[Metric::WebhooksGivenUp]);
    }
    match report.outcome {
        Outcome::Disabled => cx.store.turn_off(customer.id, Some(&fingerprint(uri))).await.map(|_| ()),
        Outcome::Succeeded { .. } if hook.off.is_some() => {
            cx.store.turn_off(customer.id, None).await.map(|_| ())
        }
        _ => again(cx, errand, &delivery).await,
    }
}

/// Sees to the next attempt, if there is to be one.
async fn again<S, E: Errands>(
    cx: &Context<S, E>,
    errand: &Errand,
    delivery: &Delivery,
) -> Result<(), Failure> {
    let Some(due) = delivery.tm_next else { return Ok(()) };
    let now = cx.now();
    let next = Errand { attempt: errand.attempt + 1, ..errand.clone() };
    let name = format!("webhook-{}-{}", delivery.id, next.attempt);
    cx.ends.errand(&next, &name, due.since(now), now).await
}

/// The news of the account's end. Nothing is kept of it but that the ledger waits for it.
async fn say_farewell<S, E>(cx: &Context<S, E>, errand: &Errand, customer: &Customer) -> Result<(), Failure>
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
    let body = payload(&cx.store, customer, &errand.detail).await?;
    let id = delivery_id(errand.detail.id, customer.tm_update);
    let report = post(cx, &hook, (&to.uri, &to.method), errand, id, body).await;
    let since_first = now.since(customer.tm_update);
    match following(cx, errand, since_first, Patience::Deletion, &report) {
        Some(delay) if is_worth(&farewell, now, delay) => {
            let next = Errand { attempt: errand.attempt + 1, ..errand.clone() };
            let name = format!("webhook-{id}-{}", next.attempt);
            cx.ends.errand(&next, &name, delay, now).await
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

async fn post<S, E: Posting>(
    cx: &Context<S, E>,
    hook: &Hook,
    (uri, method): (&str, &str),
    errand: &Errand,
    id: uuid::Uuid,
    body: String,
) -> Report {
    let secrets = hook.secret.as_ref().and_then(secret_set);
    let method = Method::parse(method).unwrap_or_default();
    let report = cx.ends.post(Post { id, method, uri, body, secrets: secrets.as_ref(), now: cx.now() }).await;
    cx.meter.note(&[counted(report.outcome)]);
    tracing_of(errand, &report);
    report
}

/// What an attempt counts as.
const fn counted(outcome: Outcome) -> Metric {
    match outcome {
        Outcome::Succeeded { .. } => Metric::WebhooksDelivered,
        Outcome::Failed { .. } | Outcome::Unreachable(_) | Outcome::TimedOut => Metric::WebhooksFailed,
        Outcome::Refused(_) => Metric::WebhooksRefused,
        Outcome::Disabled => Metric::WebhooksDisabled,
    }
}

/// The secrets that sign now.
pub(crate) fn secret_set(kept: &HookSecret) -> Option<SecretSet> {
    let current = SigningSecret::parse(kept.current.expose())?;
    let previous = kept.previous.as_ref().and_then(|secret| SigningSecret::parse(secret.expose()));
    Some(SecretSet::restore(current, previous.zip(kept.previous_until)))
}

fn following<S, E>(
    cx: &Context<S, E>,
    errand: &Errand,
    since_first: Duration,
    patience: Patience,
    report: &Report,
) -> Option<Duration> {
    let attempt = Attempt { number: errand.attempt, since_first, patience };
    next(attempt, report.outcome, u32::from_be_bytes(cx.sources.random()))
}

fn record(
    errand: &Errand,
    id: uuid::Uuid,
    known: Option<&Delivery>,
    report: &Report,
    delay: Option<Duration>,
    now: Timestamp,
) -> Delivery {
    let event = &errand.detail;
    let succeeded = matches!(report.outcome, Outcome::Succeeded { .. });
    let status = match delay {
        Some(_) => DeliveryStatus::Pending,
        None if succeeded => DeliveryStatus::Succeeded,
        None => DeliveryStatus::Failed,
    };
    Delivery {
        customer_id: event.customer_id,
        id,
        event_id: event.id,
        kind: event.kind.clone(),
        resource_id: event.resource_id,
        version: event.version,
        time: event.time.clone(),
        status,
        attempts: errand.attempt,
        status_code: report.outcome.status(),
        error: (!succeeded).then(|| report.outcome.name().to_owned()),
        latency_ms: u64::try_from(report.latency.as_millis()).ok(),
        tm_next: delay.map(|delay| now.plus(delay)),
        tm_create: known.map_or(now, |known| known.tm_create),
        tm_update: now,
    }
}

fn tracing_of(errand: &Errand, report: &Report) {
    tracing::info!(
        customer_id = %errand.detail.customer_id,
        event = errand.detail.kind,
        attempt = errand.attempt,
        outcome = report.outcome.name(),
        latency_ms = u64::try_from(report.latency.as_millis()).unwrap_or(u64::MAX),
        "a webhook was attempted"
    );
}
