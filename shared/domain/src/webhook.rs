//! A customer's webhook endpoint: its signing secrets, the state of its destination, and its deliveries.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::failing_endpoint::FailingEndpoint;
use crate::ids::content_id;
use crate::time::rfc3339;
use crate::{Ciphertext, Customer, CustomerId, EventType, IdSeed, Secret, Status, Timestamp};

/// How long a delivery is stored and listed. An event older than this gets no first attempt.
pub const DELIVERY_RETENTION: Duration = Duration::from_secs(30 * 86_400);

/// The `User-Agent` of every webhook.
pub const USER_AGENT: &str = "Custodian-Webhooks/1";

/// The header with the id of a webhook.
pub const ID_HEADER: &str = "webhook-id";

/// The signing secret, and the replaced secrets that still sign.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WebhookSecret {
    pub current: Secret,
    /// Newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previous: Vec<PreviousSecret>,
    pub tm_create: Timestamp,
    /// Whether a response has shown the current secret. `None` for a secret of an earlier release, which did not record it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_shown: Option<bool>,
}

/// The signing secrets as stored.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum StoredWebhookSecret {
    Encrypted(EncryptedWebhookSecret),
    /// The row of an earlier release. The next rotation encrypts its secrets.
    Plain(WebhookSecret),
}

/// The signing secrets, encrypted together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EncryptedWebhookSecret {
    pub encrypted: Ciphertext,
    pub tm_create: Timestamp,
}

impl StoredWebhookSecret {
    pub const fn tm_create(&self) -> Timestamp {
        match self {
            Self::Encrypted(stored) => stored.tm_create,
            Self::Plain(stored) => stored.tm_create,
        }
    }
}

/// A replaced secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PreviousSecret {
    pub secret: Secret,
    /// The secret still signs until this time.
    pub until: Timestamp,
    /// Whether a response is known to have shown the secret. Otherwise, perhaps nobody can verify what it signs.
    #[serde(default)]
    pub is_shown: bool,
}

impl WebhookSecret {
    /// How long a replaced secret still signs.
    pub const OVERLAP: Duration = Duration::from_secs(86_400);
    /// The maximum number of secrets that sign at once, including the current one.
    pub const MAX_SECRETS: usize = 5;

    /// A first secret that no response has shown yet.
    pub const fn unseen(current: Secret, now: Timestamp) -> Self {
        Self { current, previous: Vec::new(), tm_create: now, is_shown: Some(false) }
    }

    /// A first secret that a response shows.
    pub fn shown(current: Secret, now: Timestamp) -> Self {
        Self { is_shown: Some(true), ..Self::unseen(current, now) }
    }

    /// Whether the secret signs, but nobody has seen it.
    pub fn is_unseen(&self) -> bool {
        self.is_shown == Some(false)
    }

    /// The same secrets after a response showed the current one.
    #[must_use]
    pub fn seen(&self, now: Timestamp) -> Self {
        Self { tm_create: now, is_shown: Some(true), ..self.clone() }
    }

    /// Replaces the current secret by one that a response shows. `None` if too many replaced secrets still sign, because dropping one
    /// early would break a receiver.
    #[must_use]
    pub fn rotate(&self, fresh: Secret, now: Timestamp) -> Option<Self> {
        let (secret, until) = (self.current.clone(), now.plus(Self::OVERLAP));
        let replaced = PreviousSecret { secret, until, is_shown: self.is_shown == Some(true) };
        let still_used = self.previous.iter().filter(|previous| now < previous.until).cloned();
        let previous: Vec<_> = std::iter::once(replaced).chain(still_used).collect();
        (previous.len() < Self::MAX_SECRETS).then_some(Self { previous, ..Self::shown(fresh, now) })
    }
}

/// The stored state of a customer's webhook endpoint, without its deliveries.
#[derive(Clone, Debug, Default)]
pub struct WebhookEndpoint {
    pub secret: Option<StoredWebhookSecret>,
    /// The fingerprint of a URI that responded with 410. Only a test or a requested redelivery is still sent to that URI.
    pub disabled_uri: Option<String>,
    /// When the disabled URI was enabled again. Earlier events are not sent to it.
    pub enabled_since: Option<Timestamp>,
    /// Recorded after a slow attempt.
    pub slow: Option<SlowEndpoint>,
    /// Recorded after a failed attempt.
    pub failing: Option<FailingEndpoint>,
    /// The encrypted destination of the deletion notice.
    pub deletion_notice: Option<EncryptedDestination>,
}

impl WebhookEndpoint {
    pub fn is_disabled(&self, uri: &str) -> bool {
        self.disabled_uri.as_ref().is_some_and(|disabled| *disabled == fingerprint(uri))
    }

    /// The failures of this URI since its last success. Another URI starts afresh.
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
    /// The endpoint with this fingerprint responded with 410. All attempts that observe this while the endpoint is enabled
    /// have the same `id`; it is `None` if the endpoint was disabled already.
    Disabled {
        fingerprint: String,
        id: Option<Uuid>,
    },
    /// The endpoint accepts webhooks again, since this time.
    Enabled(Timestamp),
}

/// The encrypted destination of a message about an account's deletion: the URL of the deletion notice, or the recipient of a
/// mail. The deletion clears both in the customer's row. `until` says how long the store keeps it: an hour for the deletion notice
/// and the first mail, seven days for the last mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptedDestination {
    #[serde(rename = "sealed")]
    pub ciphertext: String,
    pub until: Timestamp,
}

/// The destination of the deletion notice in plain text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeDestination {
    pub uri: String,
    pub method: String,
}

impl EncryptedDestination {
    /// How long the workers retry the deletion notice and the first mail.
    pub const LIFETIME: Duration = Duration::from_secs(3600);
}

impl NoticeDestination {
    /// The encryption purpose of the deletion notice's destination.
    pub const ENCRYPTION_PURPOSE: &'static str = "farewell";

    /// The destination of the deletion notice of a deleted account, and when it expires. An account that never verified its e-mail
    /// address gets no notice, because its URI could belong to a stranger.
    pub fn of_deleted(before: &Customer, after: &Customer) -> Option<(Self, Timestamp)> {
        let profile = &before.profile;
        let until = after.tm_delete()?.plus(EncryptedDestination::LIFETIME);
        let has_destination = !profile.webhook_uri.is_empty() && before.status() != Status::Initial;
        let (uri, method) = (profile.webhook_uri.clone(), profile.webhook_method.clone());
        has_destination.then_some((Self { uri, method }, until))
    }
}

/// The id of one disablement of an endpoint, which every attempt that observes it shares.
pub fn disablement_id(customer: CustomerId, uri: &str, enabled_since: Option<Timestamp>) -> Uuid {
    let since = enabled_since.map_or(0, Timestamp::micros);
    content_id(&format!("{customer}:{}:{since}:disabled", fingerprint(uri)))
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
    /// A state that a newer version of this service wrote. It is not pending, so this version makes no attempt.
    #[serde(other)]
    Unknown,
}

/// The delivery of one event to one webhook endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub customer_id: CustomerId,
    pub id: Uuid,
    pub event_id: Uuid,
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
    /// Why the last attempt failed, or why the next one was deferred.
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
    /// Whether a worker makes the next attempt.
    pub fn is_leased(&self, now: Timestamp) -> bool {
        self.leased_until.is_some_and(|until| now < until)
    }
}

/// The id of an event's delivery. A redelivered event gets the same id, and ids sort by time.
pub fn delivery_id(event: Uuid, time: Timestamp) -> Uuid {
    let mut random = [0; 10];
    random.copy_from_slice(&event.as_bytes()[..10]);
    IdSeed { now: time, random }.uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_one_delivery_id_and_delivery_ids_sort_by_time() {
        let (event, time) = (Uuid::from_u128(7 << 64), Timestamp::from_micros(1_718_893_355_000_000));
        assert_eq!(delivery_id(event, time), delivery_id(event, time));
        let later = Timestamp::from_micros(time.micros() + 5_000);
        assert!(delivery_id(event, time) < delivery_id(Uuid::nil(), later));
    }

    #[test]
    fn another_uri_of_a_disabled_endpoint_is_enabled() {
        let endpoint = WebhookEndpoint {
            disabled_uri: Some(fingerprint("https://a.example/")),
            ..WebhookEndpoint::default()
        };
        assert!(endpoint.is_disabled("https://a.example/"));
        assert!(!endpoint.is_disabled("https://b.example/"));
    }

    #[test]
    fn a_slow_endpoint_is_slow_only_at_its_uri_and_until_its_expiry() {
        let until = Timestamp::from_micros(1_718_893_355_000_000);
        let slow = Some(SlowEndpoint { fingerprint: fingerprint("https://a.example/"), until });
        let endpoint = WebhookEndpoint { slow, ..WebhookEndpoint::default() };
        let before = until.minus(Duration::from_micros(1));
        assert!(
            endpoint.is_slow("https://a.example/", before) && !endpoint.is_slow("https://b.example/", before)
        );
        assert!(!endpoint.is_slow("https://a.example/", until));
    }

    #[test]
    fn a_replaced_secret_signs_for_a_day_and_is_never_dropped_early() {
        let secret = |n: usize| Secret::new(format!("secret {n}"));
        let now = Timestamp::from_micros(1_718_893_355_000_000);
        let mut stored = WebhookSecret::shown(secret(0), now);
        for n in 1..WebhookSecret::MAX_SECRETS {
            stored = stored.rotate(secret(n), now).expect("fewer than MAX_SECRETS secrets sign");
        }
        let signing = |state: &WebhookSecret| {
            state.previous.iter().map(|previous| previous.secret.expose().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(signing(&stored), ["secret 3", "secret 2", "secret 1", "secret 0"]);
        let almost = now.plus(WebhookSecret::OVERLAP).minus(Duration::from_micros(1));
        assert!(stored.rotate(secret(5), almost).is_none());
        let later = stored
            .rotate(secret(5), now.plus(WebhookSecret::OVERLAP))
            .expect("the four replaced secrets have expired");
        assert_eq!(signing(&later), ["secret 4"]);
    }
}
