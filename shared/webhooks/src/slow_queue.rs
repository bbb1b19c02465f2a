//! The queue of slow endpoints.

use std::time::Duration;

use custodian_app::{Context, Failure};
use uuid::Uuid;

use crate::delivery_job::DeliveryJob;
use crate::ports::DeliveryQueue;

/// Moves a job to the slow queue, where it can delay only the jobs of slow endpoints.
pub(crate) async fn move_to_slow_queue<S, E: DeliveryQueue>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    delivery: Uuid,
) -> Result<(), Failure> {
    let moved = DeliveryJob { slow: true, ..job.clone() };
    cx.services.enqueue_delivery(&moved, &moved.name(delivery), Duration::ZERO, cx.now()).await
}
