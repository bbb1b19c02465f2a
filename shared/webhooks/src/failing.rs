//! Pausing an endpoint that fails, and probing it after the pause.

use std::time::Duration;

use custodian_app::ports::WriteOutcome;
use custodian_app::{Context, Failure, ignore};
use custodian_domain::Timestamp;
use custodian_domain::failing_endpoint::FailingEndpoint;
use custodian_domain::webhook::{EndpointState, fingerprint};
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_webhook_client::AttemptOutcome;
use custodian_webhook_client::schedule::MAX_RETRY_AFTER;

use crate::delivery_job::DeliveryJob;
use crate::ports::WebhookStore;

/// How long a probe keeps the other deliveries waiting. It is longer than the longest attempt. If its worker dies, the next
/// delivery is the probe.
const PROBE_LEASE: Duration = Duration::from_secs(25);

/// Until when the deliveries of a failing endpoint wait, or `None` to attempt this one. After a pause, a single worker gets the
/// lease on the probe.
pub(crate) async fn paused_until<S: WebhookStore, E>(
    cx: &Context<S, E>,
    job: &DeliveryJob,
    uri: &str,
    endpoint: &EndpointState,
) -> Result<Option<Timestamp>, Failure> {
    let Some(failing) = endpoint.failing(uri) else { return Ok(None) };
    let (now, until) = (cx.now(), failing.paused_until());
    match until.filter(|_| !job.is_awaited()) {
        Some(until) if until <= now => {
            let lease = now.plus(PROBE_LEASE);
            let leased = cx.store.lease_probe(job.endpoint(), failing, lease).await?;
            Ok((leased != WriteOutcome::Done).then_some(lease))
        }
        until => Ok(until),
    }
}

/// Counts a failure of the endpoint, or forgets the earlier ones after any other outcome. This is not part of the attempt's
/// transaction, because concurrent attempts at one endpoint would conflict.
pub(crate) async fn observe<S: WebhookStore, E>(
    cx: &Context<S, E>,
    (id, uri): (EndpointId, &str),
    endpoint: &EndpointState,
    (started, ended): (Timestamp, Timestamp),
    outcome: AttemptOutcome,
) {
    let earlier = endpoint.failing(uri);
    let recorded = match failure(outcome) {
        None if earlier.is_none() => Ok(()),
        None => cx.store.clear_endpoint_failures(id).await,
        // A requested attempt within a pause does not prolong it.
        Some(_) if earlier.and_then(FailingEndpoint::paused_until).is_some_and(|until| started < until) => {
            Ok(())
        }
        Some(retry_after) => {
            let pauses = earlier.map_or(0, |earlier| match earlier.paused_until() {
                Some(_) => earlier.pauses.saturating_add(1),
                None => earlier.pauses,
            });
            let until = ended.plus(FailingEndpoint::pause(pauses).max(retry_after));
            let failing = FailingEndpoint { fingerprint: fingerprint(uri), failures: 1, pauses, until };
            cx.store.record_endpoint_failure(id, &failing).await.map(|_| ())
        }
    };
    ignore(recorded, "the next attempt records what it observes");
}

/// Whether the receiver failed, and the pause that it asks for. Any other response shows that it works. A refused URL gets no request.
fn failure(outcome: AttemptOutcome) -> Option<Duration> {
    match outcome {
        AttemptOutcome::Failed { status: 429 | 500..=599, retry_after } => {
            Some(retry_after.unwrap_or_default().min(MAX_RETRY_AFTER))
        }
        AttemptOutcome::Unreachable(_) | AttemptOutcome::TimedOut => Some(Duration::ZERO),
        AttemptOutcome::Succeeded { .. }
        | AttemptOutcome::Failed { .. }
        | AttemptOutcome::Disabled
        | AttemptOutcome::Refused(_) => None,
    }
}
