//! The stored state of a webhook endpoint, and its deliveries.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::failing_endpoint::FailingEndpoint;
use crate::ids::content_id;
use crate::time::rfc3339;
use crate::webhook_endpoints::EndpointId;
use crate::webhook_secret::StoredWebhookSecret;
use crate::{CustomerId, EventType, IdSeed, Timestamp};

/// How long a delivery is stored and listed. An event older than this gets no first attempt.
pub const DELIVERY_RETENTION: Duration = Duration::from_secs(30 * 86_400);

/// The `User-Agent` of every webhook.
pub const USER_AGENT: &str = "Custodian-Webhooks/1";

/// The header with the id of a webhook.
pub const ID_HEADER: &str = "webhook-id";

/// The stored state of a webhook endpoint, without its deliveries.
#[derive(Clone, Debug, Default)]
pub struct EndpointState {
    pub secret: Option<StoredWebhookSecret>,
    /// The fingerprint of a URI that responded with 410. Only a test or a requested redelivery is still sent to that URI.
    pub disabled_uri: Option<String>,
    /// When the disabled URI was enabled again. Earlier events, except tests, get no first attempt at it.
    pub enabled_since: Option<Timestamp>,
    /// Recorded after a slow attempt.
    pub slow: Option<SlowEndpoint>,
    /// Recorded after an attempt with 429, 5xx or no response.
    pub failing: Option<FailingEndpoint>,
}

impl EndpointState {
    pub fn is_disabled(&self, uri: &str) -> bool {
        self.disabled_uri.as_ref().is_some_and(|disabled| *disabled == fingerprint(uri))
    }

    /// The consecutive failures of this URI. Another URI starts afresh.
    pub fn failing(&self, uri: &str) -> Option<&FailingEndpoint> {
        self.failing.as_ref().filter(|failing| failing.fingerprint == fingerprint(uri))
    }

    pub fn is_slow(&self, uri: &str, now: Timestamp) -> bool {
        self.slow.as_ref().is_some_and(|slow| now < slow.until && slow.fingerprint == fingerprint(uri))
    }
}

/// A slow destination. Its delivery jobs use a separate queue, so that they do not delay other customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowEndpoint {
    /// The fingerprint of the URI.
    pub fingerprint: String,
    pub until: Timestamp,
}

/// A change of the endpoint's state that an attempt observed. One transaction stores it and the attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointObservation {
    Unchanged,
    /// The endpoint with this fingerprint responded with 410. `enabled_at` is the microsecond since which its URI was enabled (0 if
    /// unknown), so it is the same for all attempts that observe the same disablement. It is `None` if the endpoint was disabled
    /// already.
    Disabled {
        fingerprint: String,
        enabled_at: Option<u64>,
    },
    /// The endpoint accepts webhooks again, since this time.
    Enabled(Timestamp),
}

/// A hash that identifies a URI without revealing it.
pub fn fingerprint(uri: &str) -> String {
    hex::encode(Sha256::digest(uri))
}

/// The state of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// Another attempt is due.
    Pending,
    Succeeded,
    Failed,
    /// A state that a newer version of this service wrote. It is not pending, so this version makes only requested attempts.
    #[serde(other)]
    Unknown,
}

/// The delivery of one event to one webhook endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub customer_id: CustomerId,
    pub id: Uuid,
    pub event_id: Uuid,
    /// The endpoint, unless it is the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<Uuid>,
    #[serde(rename = "type")]
    pub event_type: EventType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<Uuid>,
    /// The version of the customer or of the row.
    pub version: u64,
    /// The time of the event.
    #[serde(with = "rfc3339")]
    pub time: Timestamp,
    pub status: DeliveryStatus,
    pub attempts: u32,
    /// How often the next attempt was deferred.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub deferrals: u32,
    /// The HTTP status of the last attempt, if there was a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// Why the last attempt failed, or why the next one was deferred or is not made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// When the next attempt is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tm_next: Option<Timestamp>,
    /// A worker holds the lease on the next attempt until this time.
    #[serde(rename = "claimed_until", default, skip_serializing_if = "Option::is_none")]
    pub leased_until: Option<Timestamp>,
    pub tm_create: Timestamp,
    pub tm_update: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Delivery {
    pub fn endpoint(&self) -> EndpointId {
        EndpointId::new(self.customer_id, self.endpoint_id)
    }

    /// Whether a worker holds the lease on the next attempt at this time.
    pub fn is_leased(&self, now: Timestamp) -> bool {
        self.leased_until.is_some_and(|until| now < until)
    }
}

/// The id of an event's delivery to an endpoint. A redelivered event gets the same id, and ids sort by time.
pub fn delivery_id(event: Uuid, time: Timestamp, endpoint: EndpointId) -> Uuid {
    let source = endpoint.additional().map_or(event, |id| content_id(&format!("{event}:{id}")));
    let mut random = [0; 10];
    random.copy_from_slice(&source.as_bytes()[..10]);
    IdSeed { now: time, random }.uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_one_delivery_id_at_each_endpoint_and_delivery_ids_sort_by_time() {
        let (event, time) = (Uuid::from_u128(7 << 64), Timestamp::from_micros(1_718_893_355_000_000));
        let first = EndpointId::first(CustomerId(Uuid::from_u128(1)));
        let second = EndpointId { id: Uuid::from_u128(2), ..first };
        assert_eq!(delivery_id(event, time, first), delivery_id(event, time, first));
        assert_ne!(delivery_id(event, time, first), delivery_id(event, time, second));
        let later = Timestamp::from_micros(time.micros() + 5_000);
        for endpoint in [first, second] {
            assert!(delivery_id(event, time, endpoint) < delivery_id(Uuid::nil(), later, first));
        }
    }

    #[test]
    fn another_uri_of_a_disabled_endpoint_is_enabled() {
        let endpoint = EndpointState {
            disabled_uri: Some(fingerprint("https://a.example/")),
            ..EndpointState::default()
        };
        assert!(endpoint.is_disabled("https://a.example/"));
        assert!(!endpoint.is_disabled("https://b.example/"));
    }

    #[test]
    fn a_slow_endpoint_is_slow_only_at_its_uri_and_until_its_expiry() {
        let until = Timestamp::from_micros(1_718_893_355_000_000);
        let slow = Some(SlowEndpoint { fingerprint: fingerprint("https://a.example/"), until });
        let endpoint = EndpointState { slow, ..EndpointState::default() };
        let before = until.minus(Duration::from_micros(1));
        assert!(
            endpoint.is_slow("https://a.example/", before) && !endpoint.is_slow("https://b.example/", before)
        );
        assert!(!endpoint.is_slow("https://a.example/", until));
    }
}
