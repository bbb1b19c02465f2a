//! The deletion notice: the webhook about the account's own deletion. The store keeps no delivery of it. One step of the
//! cascade stays open until the stored destination is removed.

use std::time::Duration;

use custodian_app::ports::Budgets;
use custodian_app::{Context, Failure, Metric};
use custodian_cascade::{CascadeQueue, CascadeTask, WEBHOOKS};
use custodian_domain::webhook::{EncryptedDestination, NoticeDestination, delivery_id};
use custodian_domain::{Customer, Timestamp};
use custodian_webhook_client::{AttemptOutcome, FinishedAttempt, RetrySchedule, next_delay};

use crate::deferral::{record_deferral, spend_budgets};
use crate::delivery_job::DeliveryJob;
use crate::payload::payload;
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
    S: ReadPayloadRows + WebhookStore + Budgets,
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
    let body = payload(cx, customer, &job.event).await?;
    // A deleted account has no budget any more, and the notice has a few attempts only. The destination stays protected.
    if let Some(deferral) = spend_budgets(cx, None, &to.uri, &body).await? {
        record_deferral(cx, job, deferral.reason);
        return send_later(cx, customer, &encrypted, &job.deferred(), deferral.due(cx, Duration::ZERO)).await;
    }
    let secrets = secrets_of_deleted_account(cx, customer.id, &endpoint)?;
    let report = send(cx, job, (&to.uri, &to.method), id, body, &secrets).await;
    let ended = cx.now();
    let since_first = ended.since(customer.tm_update);
    let attempt =
        FinishedAttempt { number: job.attempt, since_first, schedule: RetrySchedule::DeletionNotice };
    match next_delay(attempt, report.outcome, u32::from_be_bytes(cx.providers.random())) {
        Some(delay) => send_later(cx, customer, &encrypted, &job.next_attempt(), ended.plus(delay)).await,
        None => {
            if !matches!(report.outcome, AttemptOutcome::Succeeded { .. }) {
                cx.metrics.record(&[Metric::WebhooksExhausted]);
            }
            finish(cx, customer).await
        }
    }
}

/// Enqueues a job of the notice, unless the notice's lifetime ends before the job is due.
async fn send_later<S: WebhookStore, E: DeliveryQueue + CascadeQueue>(
    cx: &Context<S, E>,
    customer: &Customer,
    encrypted: &EncryptedDestination,
    job: &DeliveryJob,
    due: Timestamp,
) -> Result<(), Failure> {
    if due >= encrypted.until {
        cx.metrics.record(&[Metric::WebhooksExhausted]);
        return finish(cx, customer).await;
    }
    let (now, id) = (cx.now(), delivery_id(job.event.id, customer.tm_update));
    cx.services.enqueue_delivery(job, &job.name(id), due.since(now), now).await
}

/// Removes the stored destination, and enqueues the step that waits for its removal.
async fn finish<S: WebhookStore, E: CascadeQueue>(
    cx: &Context<S, E>,
    customer: &Customer,
) -> Result<(), Failure> {
    cx.store.remove_deletion_notice(customer.id).await?;
    cx.services.enqueue_tasks(&[CascadeTask::first(customer.id, WEBHOOKS)]).await
}
