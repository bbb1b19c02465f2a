//! How administrators manage the webhook endpoint of their account.

use std::time::Duration;

use custodian_app::ports::{AuditLog, ReadCustomers, Throttle, WriteOutcome};
use custodian_app::rate_limits::WEBHOOK_BY_ACCOUNT;
use custodian_app::request_origin::{AuditedAction, is_platform_admin};
use custodian_app::retry::{Retry, RetryBudget};
use custodian_app::throttle::consume;
use custodian_app::{Context, Failure, closed_gate};
use custodian_domain::failing_endpoint::FailingEndpoint;
use custodian_domain::ids::content_id;
use custodian_domain::webhook::{Delivery, DeliveryStatus, WebhookSecret, delivery_id};
use custodian_domain::{Customer, EventType, Reason, Refusal, Secret, Status, Timestamp};
use custodian_events::Event;
use custodian_views::{
    DeliveryView, NewWebhookSecretView, TestWebhookView, Text, Time, WebhookState, WebhookView,
};
use custodian_webhook_client::{Destination, DestinationRules, SigningSecret};
use uuid::Uuid;

use crate::delivery_job::DeliveryJob;
use crate::ports::{DeliveryQueue, SecretChange, WebhookStore};
use crate::secrets::{decrypt, encrypt, new_secret};

/// The noun of a delivery in the audit log.
const DELIVERY_NOUN: &str = "delivery";

/// The endpoint as its owner sees it: destination, method, the prefix of the secret, and the state.
pub async fn show<'a, S: WebhookStore, E>(
    cx: &Context<S, E>,
    customer: &'a Customer,
    destinations: &DestinationRules,
) -> Result<WebhookView<'a>, Failure> {
    let endpoint = cx.store.webhook_endpoint(customer.id).await?;
    let uri = &customer.profile.webhook_uri;
    let failing_until = endpoint.failing(uri).and_then(FailingEndpoint::paused_until);
    let state = match uri.as_str() {
        "" => WebhookState::Off,
        uri if Destination::parse(uri, destinations).is_err() => WebhookState::Refused,
        uri if endpoint.is_disabled(uri) => WebhookState::Disabled,
        _ if failing_until.is_some() => WebhookState::Failing,
        _ => WebhookState::Active,
    };
    let failing_until = failing_until.filter(|_| state == WebhookState::Failing);
    let secret = endpoint.secret.map(|stored| decrypt(cx, customer.id, &stored)).transpose()?;
    let secret = secret.as_ref();
    let current = secret.and_then(|secret| SigningSecret::parse(secret.current.expose()));
    let previous = secret.map(|secret| secret.previous.as_slice()).unwrap_or_default().iter();
    let until = previous.map(|one| one.until).max().filter(|until| *until > cx.now());
    Ok(WebhookView {
        webhook_uri: Text(uri),
        webhook_method: &customer.profile.webhook_method,
        secret_prefix: current.as_ref().map_or_else(String::new, |secret| secret.prefix().to_owned()),
        tm_previous_secret_until: until.map(Time),
        state,
        tm_failing_until: failing_until.map(Time),
    })
}

/// Shows a signing secret: the current one if nobody has seen it, else a new one that replaces it. A secret that was replaced within
/// the last day still signs.
pub async fn rotate_secret<S: WebhookStore + ReadCustomers, E>(
    cx: &Context<S, E>,
    customer: &Customer,
) -> Result<NewWebhookSecretView, Failure> {
    let mut retry = Retry::new("the webhook's secret", RetryBudget::Request);
    loop {
        let before = cx.store.webhook_endpoint(customer.id).await?.secret;
        let (now, fresh) = (cx.now(), new_secret(cx));
        let (next, change) = match &before {
            None => (WebhookSecret::shown(fresh, now), SecretChange::Created),
            Some(stored) => next_secret(&decrypt(cx, customer.id, stored)?, stored.tm_create(), fresh, now)?,
        };
        let encrypted = encrypt(cx, customer.id, &next)?;
        match cx.store.store_webhook_secret(customer.id, &encrypted, change, &[Status::Active]).await? {
            WriteOutcome::Done => {
                return Ok(NewWebhookSecretView { secret: next.current.expose().to_owned() });
            }
            WriteOutcome::Stale => {}
            WriteOutcome::GateClosed => closed_gate::recheck_status(&cx.store, customer.id).await?,
        }
        retry.wait(&*cx.providers.entropy).await?;
    }
}

/// The secret to show, in place of the one that was stored at `before`.
fn next_secret(
    stored: &WebhookSecret,
    before: Timestamp,
    fresh: Secret,
    now: Timestamp,
) -> Result<(WebhookSecret, SecretChange), Refusal> {
    if stored.is_unseen() {
        return Ok((stored.seen(now), SecretChange::Shown { before }));
    }
    let next = stored.rotate(fresh, now).ok_or(Reason::StateInvalid)?;
    Ok((next, SecretChange::Rotated { before }))
}

/// Enqueues a test webhook, and returns the id of its delivery.
pub async fn send_test<S: Throttle + AuditLog, E: DeliveryQueue>(
    cx: &Context<S, E>,
    customer: &Customer,
) -> Result<TestWebhookView, Failure> {
    let (now, random) = (cx.now(), Uuid::from_bytes(cx.providers.random()));
    let id = content_id(&format!("{}:{random}:{}", customer.id, EventType::WebhookTest));
    let event = Event::new(id, EventType::WebhookTest, customer.id, customer.version, now);
    let event = Event { status: Some(customer.status()), ..event };
    let id = delivery_id(event.id, now);
    enqueue(cx, customer, DeliveryJob::first(event), id, "webhook_tested").await?;
    Ok(TestWebhookView { id })
}

/// Enqueues another attempt of a delivery of any status, even if the endpoint is disabled.
pub async fn redeliver<S: WebhookStore + Throttle + AuditLog, E: DeliveryQueue>(
    cx: &Context<S, E>,
    customer: &Customer,
    id: Uuid,
) -> Result<DeliveryView, Failure> {
    let delivery = cx.store.delivery(customer.id, id, cx.now()).await?.ok_or(Reason::DeliveryNotFound)?;
    let event_type = delivery.event_type.clone();
    let event = Event::new(delivery.event_id, event_type, customer.id, delivery.version, delivery.time);
    let status = delivery.resource_id.is_none().then(|| customer.status());
    let event = Event { resource_id: delivery.resource_id, status, ..event };
    let (attempt, deferrals) = (delivery.attempts + 1, delivery.deferrals);
    let job = DeliveryJob { attempt, deferrals, requested: true, ..DeliveryJob::first(event) };
    enqueue(cx, customer, job, id, "webhook_redelivered").await?;
    Ok(DeliveryView::from(&Delivery { status: DeliveryStatus::Pending, ..delivery }))
}

/// Enqueues a delivery that was requested. If a platform admin requests it, the audit log has an entry of this type.
async fn enqueue<S: Throttle + AuditLog, E: DeliveryQueue>(
    cx: &Context<S, E>,
    customer: &Customer,
    job: DeliveryJob,
    delivery: Uuid,
    entry_type: &str,
) -> Result<(), Failure> {
    if customer.profile.webhook_uri.is_empty() {
        return Err(Reason::WebhookNotConfigured.into());
    }
    consume(cx, WEBHOOK_BY_ACCOUNT, &customer.id.to_string()).await?;
    if is_platform_admin() {
        let action = AuditedAction::new(customer.id, entry_type, (DELIVERY_NOUN, delivery), cx.now());
        if cx.store.record_action(action).await? != WriteOutcome::Done {
            return Err(Reason::CustomerNotFound.into());
        }
    }
    cx.services.enqueue_delivery(&job, &job.name(delivery), Duration::ZERO, cx.now()).await
}
