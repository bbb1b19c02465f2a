//! The deletion notice: the webhook about the account's own deletion. The store keeps no delivery of it. One step of the
//! cascade stays open until the stored destination is removed.

use std::time::Duration;

use custodian_app::ports::Budgets;
use custodian_app::{Context, Failure, Metric};
use custodian_cascade::{CascadeQueue, CascadeTask, WEBHOOKS};
use custodian_domain::deletion_notice::{DeletionNotice, NoticeDestination};
use custodian_domain::webhook::delivery_id;
use custodian_domain::{Customer, Timestamp};
use custodian_webhook_client::{AttemptOutcome, FinishedAttempt, RetrySchedule, next_delay};

use crate::deferral::{record_deferral, spend_budgets};
use crate::delivery_job::DeliveryJob;
use crate::fan_out::enqueue_first_attempt;
use crate::payload::payload;
use crate::ports::{DeliveryQueue, ReadPayloadRows, WebhookSender, WebhookStore};
use crate::secrets::secrets_of_deleted_account;
use crate::sending::send;
use crate::slow_queue::move_to_slow_queue;

/// Makes one attempt to send the notice to a former endpoint of the account. The job of the bus also enqueues the jobs of the other
/// endpoints. After a temporary failure it enqueues the next attempt, unless the stored destination expires first.
pub(crate) async fn deliver_deletion_notice<S, E>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    customer: &Customer,
) -> Result<(), Failure>
where
    S: ReadPayloadRows + WebhookStore + Budgets,
    E: WebhookSender + DeliveryQueue + CascadeQueue,
{
    let notices = cx.store.deletion_notices(customer.id).await?;
    if job.is_from_bus() {
        for notice in notices.iter().filter(|notice| !notice.endpoint.is_first()) {
            let id = delivery_id(job.event.id, customer.tm_update, notice.endpoint);
            enqueue_first_attempt(cx, &job.at(notice.endpoint), id).await?;
        }
    }
    match notices.into_iter().find(|notice| notice.endpoint == job.endpoint()) {
        Some(notice) => deliver_to_endpoint(cx, job, customer, &notice).await,
        None => Ok(()),
    }
}

async fn deliver_to_endpoint<S, E>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    customer: &Customer,
    notice: &DeletionNotice,
) -> Result<(), Failure>
where
    S: ReadPayloadRows + WebhookStore + Budgets,
    E: WebhookSender + DeliveryQueue + CascadeQueue,
{
    let DeletionNotice { endpoint: endpoint_id, destination: encrypted } = notice;
    let (now, endpoint) = (cx.now(), cx.store.webhook_endpoint(*endpoint_id).await?);
    let purpose = NoticeDestination::ENCRYPTION_PURPOSE;
    let destination: Option<NoticeDestination> =
        cx.keys.decrypt_for(purpose, customer.id, &encrypted.ciphertext)?;
    let is_due = |to: &NoticeDestination| now < encrypted.until && !endpoint.is_disabled(&to.uri);
    let Some(to) = destination.filter(is_due) else {
        return finish(cx, notice).await;
    };
    let id = delivery_id(job.event.id, customer.tm_update, *endpoint_id);
    if !job.slow && endpoint.is_slow(&to.uri, now) {
        return move_to_slow_queue(cx, job, id).await;
    }
    let body = payload(cx, customer, &job.event, *endpoint_id).await?;
    // A deleted account has no budget any more, and the notice has a few attempts only. The destination stays protected.
    if let Some(deferral) = spend_budgets(cx, None, &to.uri, &body).await? {
        record_deferral(cx, job, deferral.reason);
        return send_later(cx, customer, notice, &job.deferred(), deferral.due(cx, Duration::ZERO)).await;
    }
    let secrets = secrets_of_deleted_account(cx, *endpoint_id, &endpoint)?;
    let report = send(cx, job, (&to.uri, &to.method), id, body, &secrets).await;
    let ended = cx.now();
    let since_first = ended.since(customer.tm_update);
    let attempt =
        FinishedAttempt { number: job.attempt, since_first, schedule: RetrySchedule::DeletionNotice };
    match next_delay(attempt, report.outcome, u32::from_be_bytes(cx.providers.random())) {
        Some(delay) => send_later(cx, customer, notice, &job.next_attempt(), ended.plus(delay)).await,
        None => {
            if !matches!(report.outcome, AttemptOutcome::Succeeded { .. }) {
                cx.metrics.record(&[Metric::WebhooksExhausted]);
            }
            finish(cx, notice).await
        }
    }
}

/// Enqueues a job of the notice, unless the notice's lifetime ends before the job is due.
async fn send_later<S: WebhookStore, E: DeliveryQueue + CascadeQueue>(
    cx: &Context<S, E>,
    customer: &Customer,
    notice: &DeletionNotice,
    job: &DeliveryJob,
    due: Timestamp,
) -> Result<(), Failure> {
    if due >= notice.destination.until {
        cx.metrics.record(&[Metric::WebhooksExhausted]);
        return finish(cx, notice).await;
    }
    let (now, id) = (cx.now(), delivery_id(job.event.id, customer.tm_update, notice.endpoint));
    cx.services.enqueue_delivery(job, &job.name(id), due.since(now), now).await
}

/// Removes the stored destination, and enqueues the step that waits for its removal.
async fn finish<S: WebhookStore, E: CascadeQueue>(
    cx: &Context<S, E>,
    notice: &DeletionNotice,
) -> Result<(), Failure> {
    cx.store.remove_deletion_notice(notice.endpoint).await?;
    let customer = notice.endpoint.customer_id;
    cx.services.enqueue_tasks(&[CascadeTask::first(customer, WEBHOOKS)]).await
}
