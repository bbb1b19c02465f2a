//! Handling one delivery job: send the webhook, store the outcome, schedule the next attempt.

use std::time::Duration;

use custodian_app::ports::{ReadCustomers, WriteOutcome};
use custodian_app::{Context, Failure, Metric, ignore};
use custodian_cascade::CascadeQueue;
use custodian_domain::webhook::{
    DELIVERY_RETENTION, Delivery, DeliveryStatus, EndpointObservation, SlowEndpoint, WebhookEndpoint,
    delivery_id, disablement_id, fingerprint,
};
use custodian_domain::{Customer, EventType, Status, Timestamp};
use custodian_webhook_client::{AttemptOutcome, AttemptReport, FinishedAttempt, RetrySchedule, next_delay};
use uuid::Uuid;

use crate::decision::{AttemptDecision, decide};
use crate::deletion_notice::deliver_deletion_notice;
use crate::delivery_job::DeliveryJob;
use crate::ports::{DeliveryQueue, ReadPayloadRows, WebhookSender, WebhookStore};
use crate::secrets::signing_secrets;
use crate::sending::send;
use crate::slow_queue::move_to_slow_queue;

/// An endpoint is slow if an attempt takes this long.
const SLOW_AFTER: Duration = Duration::from_secs(5);
/// How long a slow endpoint stays in the slow queue.
const SLOW_PERIOD: Duration = Duration::from_secs(15 * 60);
/// The lease on an attempt. It is longer than the longest attempt, so a live worker never loses it. It is shorter than the
/// queue's visibility timeout, so a redelivered message never meets a live lease.
const ATTEMPT_LEASE: Duration = Duration::from_secs(25);

/// Handles a job. The queue may deliver a job late or twice, so a recorded attempt is not repeated. The payload has the current
/// values of the row.
pub async fn deliver<S, E>(cx: &Context<S, E>, job: &DeliveryJob) -> Result<(), Failure>
where
    S: ReadCustomers + ReadPayloadRows + WebhookStore,
    E: WebhookSender + DeliveryQueue + CascadeQueue,
{
    let Some(customer) = cx.store.customer(job.event.customer_id).await? else { return Ok(()) };
    match customer.status() {
        Status::Active | Status::Frozen => deliver_to_account(cx, job, &customer).await,
        Status::Deleted if job.event.event_type == EventType::CustomerDeleted => {
            deliver_deletion_notice(cx, job, &customer).await
        }
        // An unverified account must not make this service send requests to its webhook_uri.
        _ => Ok(()),
    }
}

async fn deliver_to_account<S, E>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    customer: &Customer,
) -> Result<(), Failure>
where
    S: ReadPayloadRows + WebhookStore,
    E: WebhookSender + DeliveryQueue,
{
    let now = cx.now();
    let endpoint = cx.store.webhook_endpoint(customer.id).await?;
    let id = delivery_id(job.event.id, job.event.time);
    let delivery = cx.store.delivery(customer.id, id, now).await?;
    match (decide(job, delivery.as_ref(), &endpoint, customer, now), &delivery) {
        (AttemptDecision::Attempt, _)
            if !job.slow && endpoint.is_slow(&customer.profile.webhook_uri, now) =>
        {
            move_to_slow_queue(cx, job, id).await
        }
        (AttemptDecision::Attempt, Some(delivery)) if !lease(cx, delivery, now).await? => {
            leave_to_lease_holder(job)
        }
        (AttemptDecision::Attempt, _) => attempt(cx, job, customer, &endpoint, id, delivery.as_ref()).await,
        (AttemptDecision::ScheduleRetry, Some(delivery)) => schedule_retry(cx, job, delivery).await,
        (AttemptDecision::Close(reason), Some(delivery)) => close(cx, delivery, reason, now).await,
        _ => Ok(()),
    }
}

/// Another worker makes this attempt. An automatic job fails, so that the queue redelivers it in case the other worker crashes.
/// A requested job is dropped.
fn leave_to_lease_holder(job: &DeliveryJob) -> Result<(), Failure> {
    if job.requested {
        return Ok(());
    }
    Err(Failure::unavailable("the attempt", "another worker holds its lease"))
}

/// Takes the lease on the next attempt, so that only one worker makes it. Returns false if another worker has it.
async fn lease<S: WebhookStore, E>(
    cx: &Context<S, E>,
    delivery: &Delivery,
    now: Timestamp,
) -> Result<bool, Failure> {
    if delivery.leased_until.is_some_and(|until| now < until) {
        return Ok(false);
    }
    Ok(cx.store.lease_attempt(delivery, now.plus(ATTEMPT_LEASE)).await? == WriteOutcome::Done)
}

async fn attempt<S, E>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    customer: &Customer,
    endpoint: &WebhookEndpoint,
    id: Uuid,
    previous: Option<&Delivery>,
) -> Result<(), Failure>
where
    S: ReadPayloadRows + WebhookStore,
    E: WebhookSender + DeliveryQueue,
{
    let profile = &customer.profile;
    let Some(secrets) = signing_secrets(cx, customer.id, endpoint).await? else { return Ok(()) };
    let to = (&*profile.webhook_uri, &*profile.webhook_method);
    let started = cx.now();
    let report = send(cx, job, customer, to, id, &secrets).await?;
    // The delay starts at the end of the attempt, because the response may have taken long.
    let ended = cx.now();
    let first_started = previous.map_or(started, |previous| previous.tm_create);
    let finished = FinishedAttempt {
        number: job.attempt,
        since_first: ended.since(first_started),
        schedule: RetrySchedule::Standard,
    };
    let delay = next_delay(finished, report.outcome, u32::from_be_bytes(cx.providers.random()));
    // Schedule no attempt after the retention: the delivery would be deleted by then.
    let delay = delay.filter(|delay| ended.plus(*delay) < first_started.plus(DELIVERY_RETENTION));
    let delivery = record(job, id, first_started, &report, delay, ended);
    let observation = observe(&report, customer, endpoint, ended);
    let attempts_before = previous.map_or(0, |previous| previous.attempts);
    if cx.store.store_delivery(&delivery, attempts_before, &observation).await? != WriteOutcome::Done {
        return Ok(());
    }
    if delivery.status == DeliveryStatus::Failed {
        cx.metrics.record(&[Metric::WebhooksExhausted]);
    }
    if report.latency >= SLOW_AFTER {
        let slow =
            SlowEndpoint { fingerprint: fingerprint(&profile.webhook_uri), until: ended.plus(SLOW_PERIOD) };
        // This is not part of the attempt's transaction, because concurrent attempts at one endpoint would conflict.
        let recorded = cx.store.record_slow_endpoint(customer.id, &slow).await;
        ignore(recorded.map(|_| ()), "the next slow attempt records it");
    }
    schedule_retry(cx, job, &delivery).await
}

/// Whether an attempt disables the endpoint or enables it again.
fn observe(
    report: &AttemptReport,
    customer: &Customer,
    endpoint: &WebhookEndpoint,
    now: Timestamp,
) -> EndpointObservation {
    let uri = &customer.profile.webhook_uri;
    match report.outcome {
        AttemptOutcome::Disabled => {
            let since = customer.webhook_since.max(endpoint.enabled_since);
            let is_new = !endpoint.is_disabled(uri);
            let id = is_new.then(|| disablement_id(customer.id, uri, since));
            EndpointObservation::Disabled { fingerprint: fingerprint(uri), id }
        }
        AttemptOutcome::Succeeded { .. } if endpoint.is_disabled(uri) => EndpointObservation::Enabled(now),
        _ => EndpointObservation::Unchanged,
    }
}

/// Enqueues the next attempt, if one is due.
async fn schedule_retry<S, E: DeliveryQueue>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    delivery: &Delivery,
) -> Result<(), Failure> {
    let Some(due) = delivery.tm_next else { return Ok(()) };
    let now = cx.now();
    let next = job.next_attempt();
    cx.services.enqueue_delivery(&next, &next.name(delivery.id), due.since(now), now).await
}

/// Fails a delivery without another attempt, and stores the reason.
async fn close<S: WebhookStore, E>(
    cx: &Context<S, E>,
    delivery: &Delivery,
    reason: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    let closed = Delivery {
        status: DeliveryStatus::Failed,
        error: Some(reason.to_owned()),
        tm_next: None,
        leased_until: None,
        tm_update: now,
        ..delivery.clone()
    };
    let stored = cx.store.store_delivery(&closed, delivery.attempts, &EndpointObservation::Unchanged).await?;
    if stored == WriteOutcome::Done {
        cx.metrics.record(&[Metric::WebhooksExhausted]);
    }
    Ok(())
}

fn record(
    job: &DeliveryJob,
    id: Uuid,
    first_started: Timestamp,
    report: &AttemptReport,
    delay: Option<Duration>,
    now: Timestamp,
) -> Delivery {
    let event = &job.event;
    let succeeded = matches!(report.outcome, AttemptOutcome::Succeeded { .. });
    let status = match delay {
        Some(_) => DeliveryStatus::Pending,
        None if succeeded => DeliveryStatus::Succeeded,
        None => DeliveryStatus::Failed,
    };
    Delivery {
        customer_id: event.customer_id,
        id,
        event_id: event.id,
        event_type: event.event_type.clone(),
        resource_id: event.resource_id,
        version: event.version,
        time: event.time,
        status,
        attempts: job.attempt,
        status_code: report.outcome.status(),
        error: report.outcome.error().map(str::to_owned),
        latency_ms: u64::try_from(report.latency.as_millis()).ok(),
        tm_next: delay.map(|delay| now.plus(delay)),
        leased_until: None,
        tm_create: first_started,
        tm_update: now,
    }
}
