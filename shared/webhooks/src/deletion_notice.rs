//! The deletion notice: the webhook about the account's own deletion. The store keeps no delivery of it. One step of the
//! cascade stays open until the stored destination is removed.

use custodian_app::{Context, Failure, Metric};
use custodian_cascade::{CascadeQueue, CascadeTask, WEBHOOKS};
use custodian_domain::Customer;
use custodian_domain::webhook::{NoticeDestination, delivery_id};
use custodian_webhook_client::{AttemptOutcome, FinishedAttempt, RetrySchedule, next_delay};

use crate::delivery_job::DeliveryJob;
use crate::ports::{DeliveryQueue, ReadPayloadRows, WebhookSender, WebhookStore};
use crate::secrets::secrets_of_deleted_account;
use crate::sending::send;
use crate::slow_queue::move_to_slow_queue;

/// Makes one attempt to send the notice to the account's former endpoint. After a failure it enqueues the next attempt, unless
/// the stored destination expires first.
pub(crate) async fn deliver_deletion_notice<S, E>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    customer: &Customer,
) -> Result<(), Failure>
where
    S: ReadPayloadRows + WebhookStore,
    E: WebhookSender + DeliveryQueue + CascadeQueue,
{
    let (now, endpoint) = (cx.now(), cx.store.webhook_endpoint(customer.id).await?);
    let Some(encrypted) = endpoint.deletion_notice.clone() else { return Ok(()) };
    let purpose = NoticeDestination::ENCRYPTION_PURPOSE;
    let destination: Option<NoticeDestination> =
        cx.keys.decrypt_for(purpose, customer.id, &encrypted.ciphertext)?;
    let is_due = |to: &NoticeDestination| now < encrypted.until && !endpoint.is_disabled(&to.uri);
    let Some(to) = destination.filter(is_due) else {
        return finish(cx, customer).await;
    };
    let id = delivery_id(job.event.id, customer.tm_update);
    if !job.slow && endpoint.is_slow(&to.uri, now) {
        return move_to_slow_queue(cx, job, id).await;
    }
    let secrets = secrets_of_deleted_account(cx, customer.id, &endpoint)?;
    let report = send(cx, job, customer, (&to.uri, &to.method), id, &secrets).await?;
    let ended = cx.now();
    let since_first = ended.since(customer.tm_update);
    let attempt =
        FinishedAttempt { number: job.attempt, since_first, schedule: RetrySchedule::DeletionNotice };
    match next_delay(attempt, report.outcome, u32::from_be_bytes(cx.providers.random())) {
        Some(delay) if ended.plus(delay) < encrypted.until => {
            let next = job.next_attempt();
            cx.services.enqueue_delivery(&next, &next.name(id), delay, ended).await
        }
        _ => {
            if !matches!(report.outcome, AttemptOutcome::Succeeded { .. }) {
                cx.metrics.record(&[Metric::WebhooksExhausted]);
            }
            finish(cx, customer).await
        }
    }
}

/// Removes the stored destination, and enqueues the step that waits for its removal.
async fn finish<S: WebhookStore, E: CascadeQueue>(
    cx: &Context<S, E>,
    customer: &Customer,
) -> Result<(), Failure> {
    cx.store.remove_deletion_notice(customer.id).await?;
    cx.services.enqueue_tasks(&[CascadeTask::first(customer.id, WEBHOOKS)]).await
}
