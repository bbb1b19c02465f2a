//! Enqueues the jobs of the additional endpoints. The bus delivers one job for each event, and that job also serves as the job of the
//! first endpoint.

use std::time::Duration;

use custodian_app::{Context, Failure};
use custodian_domain::Customer;
use custodian_domain::webhook::delivery_id;
use uuid::Uuid;

use crate::delivery_job::DeliveryJob;
use crate::ports::DeliveryQueue;

/// Enqueues one job for each additional endpoint that has chosen the event. The first endpoint is the `webhook_uri` of the profile and not in
/// `webhook_endpoints`. If the worker crashes, the queue delivers the job of the bus again. Then some of these jobs exist twice. They have
/// the same delivery, so the second one finds the attempt recorded, unless both run at once.
pub(crate) async fn enqueue_for_additional_endpoints<S, E: DeliveryQueue>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    customer: &Customer,
) -> Result<(), Failure> {
    let event = &job.event;
    for endpoint in customer.webhook_endpoints.iter().filter(|one| one.receives(&event.event_type)) {
        let id = endpoint.id_of(customer.id);
        enqueue_first_attempt(cx, &job.at(id), delivery_id(event.id, event.time, id)).await?;
    }
    Ok(())
}

/// Enqueues the job of an endpoint's first attempt.
pub(crate) async fn enqueue_first_attempt<S, E: DeliveryQueue>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    delivery: Uuid,
) -> Result<(), Failure> {
    cx.services.enqueue_delivery(job, &job.name(delivery), Duration::ZERO, cx.now()).await
}
