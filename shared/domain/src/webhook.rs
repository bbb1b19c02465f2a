//! What is kept of a customer's webhook: its secrets, how its destination is doing, what was delivered.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{CustomerId, Secret, Stamp, Timestamp};

/// For how long a delivery is kept and shown, and an event worth a first attempt.
pub const KEPT: Duration = Duration::from_secs(30 * 86_400);

/// The signing secret, and those before it while they are in use.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HookSecret {
    pub current: Secret,
    /// The newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previous: Vec<Replaced>,
    pub tm_create: Timestamp,
}

/// A secret that another has taken the place of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Replaced {
    pub secret: Secret,
    /// Until then it signs too.
    pub until: Timestamp,
}

impl HookSecret {
    /// How long a secret signs beside the one that replaces it.
    pub const OVERLAP: Duration = Duration::from_secs(86_400);
    /// How many secrets sign at once, the current one included.
    pub const MOST: usize = 5;

    pub const fn first(current: Secret, now: Timestamp) -> Self {
        Self { current, previous: Vec::new(), tm_create: now }
    }

    /// With a new secret in the place of the current one; none if a secret had to go that receivers may count on.
    #[must_use]
    pub fn replaced(&self, fresh: Secret, now: Timestamp) -> Option<Self> {
        let replaced = Replaced { secret: self.current.clone(), until: now.plus(Self::OVERLAP) };
        let still_used = self.previous.iter().filter(|previous| now < previous.until).cloned();
        let previous: Vec<_> = std::iter::once(replaced).chain(still_used).collect();
        (previous.len() < Self::MOST).then_some(Self { current: fresh, previous, tm_create: now })
    }
}

/// Everything that is kept of a customer's webhook but the deliveries.
#[derive(Clone, Debug, Default)]
pub struct Hook {
    pub secret: Option<HookSecret>,
    /// The hash of the destination that answered 410, and is left alone.
    pub off: Option<String>,
    /// Since when a destination that was off is on again: what it missed is not told.
    pub on_since: Option<Timestamp>,
    /// The destination that kept an attempt waiting.
    pub slow: Option<Slow>,
    /// Where the news of the account's end goes, encrypted, and until when.
    pub farewell: Option<Farewell>,
}

impl Hook {
    pub fn is_off(&self, uri: &str) -> bool {
        self.off.as_ref().is_some_and(|off| *off == fingerprint(uri))
    }

    pub fn is_slow(&self, uri: &str, now: Timestamp) -> bool {
        self.slow.as_ref().is_some_and(|slow| now < slow.until && slow.fingerprint == fingerprint(uri))
    }
}

/// A destination that is waited for where it keeps nobody else waiting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slow {
    /// The hash of the destination.
    pub fingerprint: String,
    pub until: Timestamp,
}

/// What an attempt has shown of its destination, kept together with the attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Nothing that was not known.
    Nothing,
    /// It wants no more: the hash of it.
    Off(String),
    /// It takes webhooks again, since then.
    On(Timestamp),
}

/// Where the news of an account's end goes, for an hour at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Farewell {
    /// The destination, encrypted.
    pub sealed: String,
    pub until: Timestamp,
}

/// Tells one destination from another without saying what it is.
pub fn fingerprint(uri: &str) -> String {
    hex::encode(Sha256::digest(uri))
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// It will be tried, or tried again.
    Pending,
    Succeeded,
    Failed,
}

/// An event on its way to a customer's webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub customer_id: CustomerId,
    pub id: Uuid,
    pub event_id: Uuid,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<Uuid>,
    /// The version of the customer or of the row.
    pub version: u64,
    /// When it happened, RFC 3339.
    pub time: String,
    pub status: DeliveryStatus,
    pub attempts: u32,
    /// The HTTP status of the last answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// What went wrong at the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tm_next: Option<Timestamp>,
    /// Until then the next attempt is somebody's who is at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_until: Option<Timestamp>,
    pub tm_create: Timestamp,
    pub tm_update: Timestamp,
}

/// The id of the delivery of an event: the same however often the event comes, and in order of time.
pub fn delivery_id(event: Uuid, time: Timestamp) -> Uuid {
    let mut random = [0; 10];
    random.copy_from_slice(&event.as_bytes()[..10]);
    Stamp { now: time, random }.uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deliveries_are_in_order_of_their_events_and_one_each() {
        let (event, time) = (Uuid::from_u128(7 << 64), Timestamp::from_micros(1_718_893_355_000_000));
        assert_eq!(delivery_id(event, time), delivery_id(event, time));
        let later = Timestamp::from_micros(time.micros() + 5_000);
        assert!(delivery_id(event, time) < delivery_id(Uuid::nil(), later));
    }

    #[test]
    fn a_destination_that_was_turned_off_is_on_again_when_it_is_another() {
        let hook = Hook { off: Some(fingerprint("https://a.example/")), ..Hook::default() };
        assert!(hook.is_off("https://a.example/"));
        assert!(!hook.is_off("https://b.example/"));
    }

    #[test]
    fn a_destination_is_slow_for_its_time_and_no_other_with_it() {
        let until = Timestamp::from_micros(1_718_893_355_000_000);
        let slow = Some(Slow { fingerprint: fingerprint("https://a.example/"), until });
        let hook = Hook { slow, ..Hook::default() };
        let before = until.minus(Duration::from_micros(1));
        assert!(hook.is_slow("https://a.example/", before) && !hook.is_slow("https://b.example/", before));
        assert!(!hook.is_slow("https://a.example/", until));
    }

    #[test]
    fn every_secret_signs_for_a_day_after_it_was_replaced_and_none_is_dropped_before() {
        let secret = |n: usize| Secret::new(format!("secret {n}"));
        let now = Timestamp::from_micros(1_718_893_355_000_000);
        let mut kept = HookSecret::first(secret(0), now);
        for n in 1..HookSecret::MOST {
            kept = kept.replaced(secret(n), now).expect("there is room");
        }
        let signing = |kept: &HookSecret| {
            kept.previous.iter().map(|one| one.secret.expose().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(signing(&kept), ["secret 3", "secret 2", "secret 1", "secret 0"]);
        let almost = now.plus(HookSecret::OVERLAP).minus(Duration::from_micros(1));
        assert!(kept.replaced(secret(5), almost).is_none());
        let later = kept.replaced(secret(5), now.plus(HookSecret::OVERLAP)).expect("the four have ended");
        assert_eq!(signing(&later), ["secret 4"]);
    }
}
