//! What administrators do with the webhook endpoints of their account: rotate a secret, send a test, send a delivery again.

use std::time::Duration;

use custodian_app::ports::{AuditLog, ReadCustomers, Throttle, WriteOutcome};
use custodian_app::rate_limits::WEBHOOK_BY_ACCOUNT;
use custodian_app::request_origin::{AuditedAction, is_platform_admin};
use custodian_app::retry::{Retry, RetryBudget};
use custodian_app::throttle::consume;
use custodian_app::{Context, Failure, closed_gate};
use custodian_domain::ids::content_id;
use custodian_domain::webhook::{Delivery, DeliveryStatus, delivery_id};
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_domain::webhook_secret::WebhookSecret;
use custodian_domain::{CallerMessage, Customer, EventType, Reason, Refusal, Secret, Status, Timestamp};
use custodian_events::Event;
use custodian_views::{DeliveryView, NewWebhookSecretView, TestWebhookView};
use uuid::Uuid;

use crate::delivery_job::DeliveryJob;
use crate::ports::{DeliveryQueue, SecretChange, WebhookStore};
use crate::secrets::{decrypt, encrypt, new_secret};

/// The noun of a delivery in the audit log.
const DELIVERY_NOUN: &str = "delivery";

/// Shows a signing secret: the current one if nobody has seen it, else a new one that replaces it. A secret that was replaced within
/// the last day still signs.
pub async fn rotate_secret<S: WebhookStore + ReadCustomers, E>(
    cx: &Context<S, E>,
    customer: &Customer,
    endpoint: Uuid,
) -> Result<NewWebhookSecretView, Failure> {
    let id = customer.endpoint(endpoint).ok_or(Reason::WebhookEndpointNotFound)?.id_of(customer.id);
    let mut retry = Retry::new("the webhook's secret", RetryBudget::Short);
    loop {
        let before = cx.store.webhook_endpoint(id).await?.secret;
        let (now, fresh) = (cx.now(), new_secret(cx));
        let (next, change) = match &before {
            None if !id.is_first() => return Err(Reason::WebhookEndpointNotFound.into()),
            None => (WebhookSecret::shown(fresh, now), SecretChange::Created),
            Some(stored) => next_secret(&decrypt(cx, id, stored)?, stored.tm_changed(), fresh, now)?,
        };
        let encrypted = encrypt(cx, id, &next)?;
        match cx.store.store_webhook_secret(id, &encrypted, change, &[Status::Active]).await? {
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
    let next =
        stored.rotate(fresh, now).ok_or_else(|| Refusal::with_message(CallerMessage::RotationLimit))?;
    Ok((next, SecretChange::Rotated { before }))
}

/// Enqueues a test webhook for an endpoint, and returns the id of its delivery.
pub async fn send_test<S: Throttle + AuditLog, E: DeliveryQueue>(
    cx: &Context<S, E>,
    customer: &Customer,
    endpoint: Uuid,
) -> Result<TestWebhookView, Failure> {
    let endpoint = EndpointId { customer_id: customer.id, id: endpoint };
    let (now, random) = (cx.now(), Uuid::from_bytes(cx.providers.random()));
    let id = content_id(&format!("{}:{random}:{}", customer.id, EventType::WebhookTest));
    let event = Event::new(id, EventType::WebhookTest, customer.id, customer.version, now);
    let event = Event { status: Some(customer.status()), ..event };
    let id = delivery_id(event.id, now, endpoint);
    enqueue(cx, customer, DeliveryJob::first(event).at(endpoint), id, "webhook_tested").await?;
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
    let job = DeliveryJob {
        attempt,
        deferrals,
        redelivery: true,
        ..DeliveryJob::first(event).at(delivery.endpoint())
    };
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
    let endpoint = customer.endpoint(job.endpoint().id).ok_or(Reason::WebhookEndpointNotFound)?;
    if endpoint.webhook_uri.is_empty() {
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
