//! Putting an attempt off: the delivery stays pending, and its job is enqueued again for later.

use std::time::Duration;

use custodian_app::budgets::{Budget, ExhaustedBudget, spend};
use custodian_app::ports::{Budgets, WriteOutcome};
use custodian_app::{Context, Failure, Metric};
use custodian_domain::Timestamp;
use custodian_domain::webhook::{DELIVERY_RETENTION, Delivery, DeliveryStatus, EndpointObservation};
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_webhook_client::Destination;
use uuid::Uuid;

use crate::delivery_job::DeliveryJob;
use crate::ports::{DeliveryQueue, WebhookStore};

/// The `error` of a delivery whose endpoint is paused.
const ENDPOINT_FAILING: &str = "endpoint_failing";
/// The maximum jitter, as a fraction of the wait. Without it, all deliveries that wait would be attempted at one instant.
const MAX_JITTER: f64 = 0.1;

/// The number of deferrals without a minimum delay. The next one has the first minimum delay, and each later one four times as
/// much, up to [`MAX_MIN_DELAY`].
const FREE_DEFERRALS: u32 = 4;
const FIRST_MIN_DELAY: Duration = Duration::from_secs(5 * 60);
const MAX_MIN_DELAY: Duration = Duration::from_secs(8 * 3600);

/// How long a delivery waits for a failing endpoint: a little longer than its ten attempts take.
const FAILING_LIFETIME: Duration = Duration::from_secs(4 * 86_400);

/// Why and until when an attempt is deferred.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deferral {
    pub reason: &'static str,
    pub until: Timestamp,
    /// How long after its creation a delivery still waits.
    lifetime: Duration,
}

impl Deferral {
    pub(crate) const fn endpoint_failing(until: Timestamp) -> Self {
        Self { reason: ENDPOINT_FAILING, until, lifetime: FAILING_LIFETIME }
    }

    /// The time of the next attempt: the end of the wait, and up to a tenth later by chance.
    pub(crate) fn due<S, E>(&self, cx: &Context<S, E>, min_delay: Duration) -> Timestamp {
        let now = cx.now();
        let wait = self.until.since(now).max(min_delay);
        let jitter = f64::from(u32::from_be_bytes(cx.providers.random())) / f64::from(u32::MAX);
        now.plus(wait.mul_f64(1.0 + MAX_JITTER * jitter))
    }
}

impl From<ExhaustedBudget> for Deferral {
    fn from(exhausted: ExhaustedBudget) -> Self {
        Self { reason: exhausted.kind, until: exhausted.until, lifetime: DELIVERY_RETENTION }
    }
}

/// Counts an attempt in the budgets of the endpoint and of the destination. Returns a deferral if one of them is exhausted. An
/// address that is refused gets nothing, so it costs nothing.
pub(crate) async fn spend_budgets<S: Budgets, E>(
    cx: &Context<S, E>,
    endpoint: Option<EndpointId>,
    uri: &str,
    body: &str,
) -> Result<Option<Deferral>, Failure> {
    let (settings, bytes) = (&cx.settings, u64::try_from(body.len()).unwrap_or(u64::MAX));
    let Ok(destination) = Destination::parse(uri, &settings.destinations) else { return Ok(None) };
    let of_endpoint = endpoint.map(|endpoint| Budget::of_endpoint(&settings.webhook_budgets, endpoint));
    let of_destination = Budget::of_destination(&settings.webhook_budgets, destination.host_and_port());
    let budgets: Vec<_> = of_endpoint.into_iter().chain([of_destination]).collect();
    Ok(spend(cx, &budgets, bytes).await?.map(Deferral::from))
}

/// The minimum delay of an attempt that was deferred so many times before. Without it, each of many deliveries to an endpoint that
/// never recovers would be checked every hour.
fn min_delay(deferrals: u32) -> Duration {
    let Some(increases) = deferrals.checked_sub(FREE_DEFERRALS) else { return Duration::ZERO };
    let factor = 4_u32.saturating_pow(increases);
    FIRST_MIN_DELAY.saturating_mul(factor).min(MAX_MIN_DELAY)
}

/// Stores the deferral and enqueues the job again, unless the delivery has waited too long.
pub(crate) async fn defer<S: WebhookStore, E: DeliveryQueue>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    id: Uuid,
    previous: Option<&Delivery>,
    deferral: Deferral,
) -> Result<(), Failure> {
    let now = cx.now();
    let before = previous.cloned().unwrap_or_else(|| job.new_delivery(id, now));
    let due = deferral.due(cx, min_delay(before.deferrals));
    let is_over = due >= before.tm_create.plus(deferral.lifetime);
    let delivery = Delivery {
        status: if is_over { DeliveryStatus::Failed } else { DeliveryStatus::Pending },
        error: Some(deferral.reason.to_owned()),
        deferrals: before.deferrals + 1,
        tm_next: (!is_over).then_some(due),
        leased_until: None,
        tm_update: now,
        ..before
    };
    if cx.store.store_delivery(&delivery, previous, &EndpointObservation::Unchanged).await?
        != WriteOutcome::Done
    {
        return Ok(());
    }
    if is_over {
        cx.metrics.record(&[Metric::WebhooksExhausted]);
    } else {
        record_deferral(cx, job, deferral.reason);
    }
    schedule_next(cx, job, &delivery).await
}

pub(crate) fn record_deferral<S, E>(cx: &Context<S, E>, job: &DeliveryJob, reason: &'static str) {
    cx.metrics.record(&[Metric::WebhooksDeferred]);
    tracing::info!(
        customer_id = %job.event.customer_id,
        endpoint_id = %job.endpoint().id,
        event = %job.event.event_type,
        attempt = job.attempt,
        reason,
        "webhook deferred"
    );
}

/// Enqueues the job that the stored delivery waits for, if there is one.
pub(crate) async fn schedule_next<S, E: DeliveryQueue>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    delivery: &Delivery,
) -> Result<(), Failure> {
    let Some(due) = delivery.tm_next else { return Ok(()) };
    let (now, next) = (cx.now(), job.pending(delivery));
    cx.services.enqueue_delivery(&next, &next.name(delivery.id), due.since(now), now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_min_delay_grows_after_some_deferrals_up_to_eight_hours() {
        let seconds = [0, 4, 5, 6, 7, 8, 99].map(|deferrals| min_delay(deferrals).as_secs());
        assert_eq!(seconds, [0, 300, 1200, 4800, 19_200, 28_800, 28_800]);
    }
}
