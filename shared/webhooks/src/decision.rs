//! Decides what to do with a delivery job. The decision depends only on the job, the stored rows and the time.

use custodian_domain::webhook::{DELIVERY_RETENTION, Delivery, DeliveryStatus, EndpointState};
use custodian_domain::webhook_endpoints::EndpointSettings;
use custodian_domain::{EventType, Timestamp};

use crate::delivery_job::DeliveryJob;

/// The `error` of a delivery whose endpoint has no URI any more, or was deleted.
pub(crate) const NO_DESTINATION: &str = "no_destination";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttemptDecision {
    Attempt,
    /// This attempt is recorded or deferred already. A crash may have lost the next job, so schedule that again.
    ScheduleRetry,
    /// Fail the delivery for this reason, without another attempt.
    Close(&'static str),
    Skip,
}

/// Jobs can arrive late, twice and in any order. A recorded attempt is not repeated. Except for tests, no delivery begins for an
/// event that is older than the endpoint's current destination, or of a type that the endpoint has not chosen.
pub(crate) fn decide(
    job: &DeliveryJob,
    delivery: Option<&Delivery>,
    endpoint: &EndpointState,
    settings: &EndpointSettings,
    now: Timestamp,
) -> AttemptDecision {
    let uri = &settings.webhook_uri;
    // A test or a requested redelivery may enable a disabled endpoint again.
    let is_disabled = endpoint.is_disabled(uri) && !job.is_awaited();
    let Some(delivery) = delivery else {
        let is_due = job.event.event_type == EventType::WebhookTest || is_due(job, endpoint, settings, now);
        let may_begin = job.attempt == 1 && job.deferrals == 0 && !uri.is_empty() && !is_disabled && is_due;
        return if may_begin { AttemptDecision::Attempt } else { AttemptDecision::Skip };
    };
    let is_pending = delivery.status == DeliveryStatus::Pending;
    let is_recorded = delivery.attempts == job.attempt && delivery.deferrals == 0;
    // A redelivery was enqueued beside the pending attempt, so only its own number tells whether it was made.
    let is_next = delivery.attempts + 1 == job.attempt && !job.redelivery;
    if is_recorded || (is_next && delivery.deferrals == job.deferrals + 1) {
        return AttemptDecision::ScheduleRetry;
    }
    let is_late = delivery.attempts >= job.attempt || (is_next && delivery.deferrals > job.deferrals);
    if is_late || !(is_pending || job.redelivery) {
        return AttemptDecision::Skip;
    }
    match (uri.is_empty(), is_disabled) {
        (false, false) => AttemptDecision::Attempt,
        _ if !is_pending => AttemptDecision::Skip,
        (true, _) => AttemptDecision::Close(NO_DESTINATION),
        (_, true) => AttemptDecision::Close("disabled"),
    }
}

/// Whether to deliver an event that has no stored delivery. If the event is older than the retention, its delivery may have
/// been made and deleted, so it is not delivered again.
fn is_due(job: &DeliveryJob, endpoint: &EndpointState, settings: &EndpointSettings, now: Timestamp) -> bool {
    let happened = job.event.time;
    let since = settings.since.max(endpoint.enabled_since);
    let is_recent = since.is_none_or(|since| since <= happened) && now < happened.plus(DELIVERY_RETENTION);
    is_recent && settings.receives(&job.event.event_type)
}
