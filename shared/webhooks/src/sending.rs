//! Sending one signed webhook.

use custodian_app::{Context, Metric};
use custodian_webhook_client::{AttemptOutcome, AttemptReport, Method, SecretSet};
use uuid::Uuid;

use crate::delivery_job::DeliveryJob;
use crate::ports::{OutgoingWebhook, WebhookSender};

/// Sends the webhook of a job.
pub(crate) async fn send<S, E: WebhookSender>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    (uri, method): (&str, &str),
    id: Uuid,
    body: String,
    secrets: &SecretSet,
) -> AttemptReport {
    let method = Method::parse(method).unwrap_or_default();
    let webhook = OutgoingWebhook { id, method, uri, body, secrets, now: cx.now() };
    let report = cx.services.send_webhook(webhook).await;
    cx.metrics.record(&[metric_of(report.outcome)]);
    tracing::info!(
        customer_id = %job.event.customer_id,
        endpoint_id = %job.endpoint().id,
        event = %job.event.event_type,
        attempt = job.attempt,
        outcome = report.outcome.name(),
        latency_ms = u64::try_from(report.latency.as_millis()).unwrap_or(u64::MAX),
        "webhook attempted"
    );
    report
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
