//! Handling one delivery job: send the webhook, store the outcome, schedule the next attempt.

use std::time::Duration;

use custodian_app::ports::{Budgets, ReadCustomers, WriteOutcome};
use custodian_app::{Context, Failure, Metric, ignore};
use custodian_cascade::CascadeQueue;
use custodian_domain::webhook::{
    DELIVERY_RETENTION, Delivery, DeliveryStatus, EndpointObservation, EndpointState, SlowEndpoint,
    delivery_id, fingerprint,
};
use custodian_domain::webhook_endpoints::EndpointSettings;
use custodian_domain::{Customer, EventType, Status, Timestamp};
use custodian_webhook_client::{FinishedAttempt, RetrySchedule, next_delay};
use uuid::Uuid;

use crate::attempt_result::{delivery_after, observe};
use crate::decision::{AttemptDecision, NO_DESTINATION, decide};
use crate::deferral::{Deferral, defer, schedule_next, spend_budgets};
use crate::deletion_notice::deliver_deletion_notice;
use crate::delivery_job::DeliveryJob;
use crate::failing;
use crate::fan_out::enqueue_for_additional_endpoints;
use crate::payload::payload;
use crate::ports::{DeliveryQueue, ReadPayloadRows, WebhookSender, WebhookStore};
use crate::secrets::signing_secrets;
use crate::sending::send;
use crate::slow_queue::move_to_slow_queue;

/// An endpoint is slow if an attempt takes this long.
const SLOW_AFTER: Duration = Duration::from_secs(5);
/// How long a slow endpoint stays in the slow queue.
const SLOW_PERIOD: Duration = Duration::from_secs(15 * 60);
/// The lease on an attempt. It is longer than the longest attempt, so a live worker never loses it. It is shorter than the
/// queue's visibility timeout, so a redelivered message never meets the lease of a worker that died.
const ATTEMPT_LEASE: Duration = Duration::from_secs(25);

/// An endpoint of an account: its settings, and its stored state.
struct Endpoint<'a> {
    customer: &'a Customer,
    settings: EndpointSettings,
    state: EndpointState,
}

/// Handles a job. The queue may deliver a job late or twice, so a recorded attempt is not repeated. The payload has the current
/// values of the row.
pub async fn deliver<S, E>(cx: &Context<S, E>, job: &DeliveryJob) -> Result<(), Failure>
where
    S: ReadCustomers + ReadPayloadRows + WebhookStore + Budgets,
    E: WebhookSender + DeliveryQueue + CascadeQueue,
{
    let Some(customer) = cx.store.customer(job.event.customer_id).await? else { return Ok(()) };
    match customer.status() {
        Status::Active | Status::Frozen => deliver_to_account(cx, job, &customer).await,
        Status::Deleted if job.event.event_type == EventType::CustomerDeleted => {
            deliver_deletion_notice(cx, job, &customer).await
        }
        // An unverified account must not make this service send requests to its webhook_uri. Of a terminal account, only the
        // deletion is delivered.
        _ => Ok(()),
    }
}

async fn deliver_to_account<S, E>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    customer: &Customer,
) -> Result<(), Failure>
where
    S: ReadPayloadRows + WebhookStore + Budgets,
    E: WebhookSender + DeliveryQueue,
{
    if job.is_from_bus() {
        enqueue_for_additional_endpoints(cx, job, customer).await?;
    }
    let (now, endpoint_id) = (cx.now(), job.endpoint());
    let settings = customer.endpoint(endpoint_id.id);
    let id = delivery_id(job.event.id, job.event.time, endpoint_id);
    let delivery = cx.store.delivery(customer.id, id, now).await?;
    let Some(settings) = settings else {
        return close_removed(cx, delivery.as_ref(), now).await;
    };
    let state = cx.store.webhook_endpoint(endpoint_id).await?;
    let endpoint = Endpoint { customer, settings, state };
    match (decide(job, delivery.as_ref(), &endpoint.state, &endpoint.settings, now), &delivery) {
        (AttemptDecision::Attempt, _) => try_attempt(cx, job, &endpoint, id, delivery.as_ref()).await,
        (AttemptDecision::ScheduleRetry, Some(delivery)) => schedule_next(cx, job, delivery).await,
        (AttemptDecision::Close(reason), Some(delivery)) => close(cx, delivery, reason, now).await,
        _ => Ok(()),
    }
}

/// Closes a delivery whose endpoint was deleted.
async fn close_removed<S: WebhookStore, E>(
    cx: &Context<S, E>,
    delivery: Option<&Delivery>,
    now: Timestamp,
) -> Result<(), Failure> {
    match delivery.filter(|delivery| delivery.status == DeliveryStatus::Pending) {
        Some(delivery) => close(cx, delivery, NO_DESTINATION, now).await,
        None => Ok(()),
    }
}

/// Continues with [`attempt`], unless the job belongs in the slow queue, another worker makes the attempt, or the endpoint is
/// paused.
async fn try_attempt<S, E>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    endpoint: &Endpoint<'_>,
    id: Uuid,
    delivery: Option<&Delivery>,
) -> Result<(), Failure>
where
    S: ReadPayloadRows + WebhookStore + Budgets,
    E: WebhookSender + DeliveryQueue,
{
    let (now, uri) = (cx.now(), &endpoint.settings.webhook_uri);
    if !job.slow && endpoint.state.is_slow(uri, now) {
        return move_to_slow_queue(cx, job, id).await;
    }
    if delivery.is_some_and(|delivery| delivery.is_leased(now)) {
        return leave_to_lease_holder(job);
    }
    if let Some(until) = failing::paused_until(cx, job, uri, &endpoint.state).await? {
        return defer(cx, job, id, delivery, Deferral::endpoint_failing(until)).await;
    }
    match delivery {
        Some(delivery) if !lease(cx, delivery, now).await? => leave_to_lease_holder(job),
        _ => attempt(cx, job, endpoint, id, delivery).await,
    }
}

/// Another worker makes this attempt. An automatic job fails, so that the queue delivers it again in case the other worker crashes.
/// The job of a requested redelivery is dropped.
fn leave_to_lease_holder(job: &DeliveryJob) -> Result<(), Failure> {
    if job.redelivery {
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
    Ok(cx.store.lease_attempt(delivery, now.plus(ATTEMPT_LEASE)).await? == WriteOutcome::Done)
}

async fn attempt<S, E>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    endpoint: &Endpoint<'_>,
    id: Uuid,
    previous: Option<&Delivery>,
) -> Result<(), Failure>
where
    S: ReadPayloadRows + WebhookStore + Budgets,
    E: WebhookSender + DeliveryQueue,
{
    let Endpoint { customer, settings, state } = endpoint;
    let (endpoint_id, uri) = (job.endpoint(), &*settings.webhook_uri);
    let body = payload(cx, customer, &job.event, endpoint_id).await?;
    if let Some(deferral) = spend_budgets(cx, Some(endpoint_id), uri, &body).await? {
        return defer(cx, job, id, previous, deferral).await;
    }
    let Some(secrets) = signing_secrets(cx, endpoint_id, state).await? else {
        return close_removed(cx, previous, cx.now()).await;
    };
    let started = cx.now();
    let report = send(cx, job, (uri, &settings.webhook_method), id, body, &secrets).await;
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
    let delivery = delivery_after(job, id, first_started, &report, delay, ended);
    let observation = observe(&report, (settings, state), ended);
    if cx.store.store_delivery(&delivery, previous, &observation).await? != WriteOutcome::Done {
        return Ok(());
    }
    if delivery.status == DeliveryStatus::Failed {
        cx.metrics.record(&[Metric::WebhooksExhausted]);
    }
    if report.latency >= SLOW_AFTER {
        let slow = SlowEndpoint { fingerprint: fingerprint(uri), until: ended.plus(SLOW_PERIOD) };
        // This is not part of the attempt's transaction, because concurrent attempts at one endpoint would conflict.
        let recorded = cx.store.record_slow_endpoint(endpoint_id, &slow).await;
        ignore(recorded.map(|_| ()), "the next slow attempt records it");
    }
    failing::observe(cx, (endpoint_id, uri), state, (started, ended), report.outcome).await;
    schedule_next(cx, job, &delivery).await
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
    let stored = cx.store.store_delivery(&closed, Some(delivery), &EndpointObservation::Unchanged).await?;
    if stored == WriteOutcome::Done {
        cx.metrics.record(&[Metric::WebhooksExhausted]);
    }
    Ok(())
}
