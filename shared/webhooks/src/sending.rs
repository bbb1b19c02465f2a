//! Sending one signed webhook.

use custodian_app::{Context, Failure, Metric};
use custodian_domain::Customer;
use custodian_webhook_client::{AttemptOutcome, AttemptReport, Method, SecretSet};
use uuid::Uuid;

use crate::delivery_job::DeliveryJob;
use crate::payload::payload;
use crate::ports::{OutgoingWebhook, ReadPayloadRows, WebhookSender};

/// Sends the webhook of a job, with the current values of the row.
pub(crate) async fn send<S: ReadPayloadRows, E: WebhookSender>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    customer: &Customer,
    (uri, method): (&str, &str),
    id: Uuid,
    secrets: &SecretSet,
) -> Result<AttemptReport, Failure> {
    let body = payload(cx, customer, &job.event).await?;
    let method = Method::parse(method).unwrap_or_default();
    let webhook = OutgoingWebhook { id, method, uri, body, secrets: Some(secrets), now: cx.now() };
    let report = cx.services.send_webhook(webhook).await;
    cx.metrics.record(&[metric_of(report.outcome)]);
    tracing::info!(
        customer_id = %job.event.customer_id,
        event = %job.event.event_type,
        attempt = job.attempt,
        outcome = report.outcome.name(),
        latency_ms = u64::try_from(report.latency.as_millis()).unwrap_or(u64::MAX),
        "webhook attempted"
    );
    Ok(report)
}

const fn metric_of(outcome: AttemptOutcome) -> Metric {
    match outcome {
        AttemptOutcome::Succeeded { .. } => Metric::WebhooksDelivered,
        AttemptOutcome::Failed { .. } | AttemptOutcome::Unreachable(_) | AttemptOutcome::TimedOut => {
            Metric::WebhooksFailed
        }
        AttemptOutcome::Refused(_) => Metric::WebhooksRefused,
        AttemptOutcome::Disabled => Metric::WebhooksDisabled,
    }
}
