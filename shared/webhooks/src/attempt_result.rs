//! What an attempt shows: the delivery to store, and whether the endpoint is disabled.

use std::time::Duration;

use custodian_domain::Timestamp;
use custodian_domain::webhook::{Delivery, DeliveryStatus, EndpointObservation, EndpointState, fingerprint};
use custodian_domain::webhook_endpoints::EndpointSettings;
use custodian_webhook_client::{AttemptOutcome, AttemptReport};
use uuid::Uuid;

use crate::delivery_job::DeliveryJob;

/// The delivery after the attempt. `delay` is the time until the next attempt, if there is one.
pub(crate) fn delivery_after(
    job: &DeliveryJob,
    id: Uuid,
    first_started: Timestamp,
    report: &AttemptReport,
    delay: Option<Duration>,
    now: Timestamp,
) -> Delivery {
    let succeeded = matches!(report.outcome, AttemptOutcome::Succeeded { .. });
    let status = match delay {
        Some(_) => DeliveryStatus::Pending,
        None if succeeded => DeliveryStatus::Succeeded,
        None => DeliveryStatus::Failed,
    };
    Delivery {
        status,
        attempts: job.attempt,
        status_code: report.outcome.status(),
        error: report.outcome.error().map(str::to_owned),
        latency_ms: u64::try_from(report.latency.as_millis()).ok(),
        tm_next: delay.map(|delay| now.plus(delay)),
        tm_update: now,
        ..job.new_delivery(id, first_started)
    }
}

/// Whether the attempt disables the endpoint or enables it again.
pub(crate) fn observe(
    report: &AttemptReport,
    (settings, state): (&EndpointSettings, &EndpointState),
    now: Timestamp,
) -> EndpointObservation {
    let uri = &settings.webhook_uri;
    match report.outcome {
        AttemptOutcome::Disabled => {
            let enabled = settings.since.max(state.enabled_since).map_or(0, Timestamp::micros);
            let enabled_at = (!state.is_disabled(uri)).then(|| u64::try_from(enabled).unwrap_or_default());
            EndpointObservation::Disabled { fingerprint: fingerprint(uri), enabled_at }
        }
        AttemptOutcome::Succeeded { .. } if state.is_disabled(uri) => EndpointObservation::Enabled(now),
        _ => EndpointObservation::Unchanged,
    }
}
