//! What is kept of a customer's webhook: its secret, whether it was turned off, what was delivered.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{CustomerId, Secret, Stamp, Timestamp};

/// The signing secret, and the one before it while both are in use.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HookSecret {
    pub current: Secret,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Secret>,
    /// Until when the previous one signs too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_until: Option<Timestamp>,
    pub tm_create: Timestamp,
}

/// Everything that is kept of a customer's webhook but the deliveries.
#[derive(Clone, Debug, Default)]
pub struct Hook {
    pub secret: Option<HookSecret>,
    /// The hash of the destination that answered 410, and is left alone.
    pub off: Option<String>,
    /// Where the news of the account's end goes, encrypted, and until when.
    pub farewell: Option<Farewell>,
}

impl Hook {
    pub fn is_off(&self, uri: &str) -> bool {
        self.off.as_ref().is_some_and(|off| *off == fingerprint(uri))
    }
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
}
