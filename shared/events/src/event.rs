//! An event, as it is sent on the bus and in queue messages.

use std::borrow::Cow;
use std::collections::BTreeMap;

use custodian_app::LogSubject;
use custodian_domain::time::rfc3339;
use custodian_domain::{CustomerId, EventType, Status, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The `source` of this service's events on the bus.
pub const SOURCE: &str = "custodian";
/// The name in `changed` for a change of the pending e-mail address.
pub const PENDING_EMAIL: &str = "pending_email";
/// The name in `changed` of a newer signup, which replaced the profile of an unverified account.
pub const SIGNUP: &str = "signup";

/// An event of a customer, or of a row that it owns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Derived from the change, so that deriving or delivering an event twice gives the same id.
    pub id: Uuid,
    #[serde(rename = "type")]
    pub event_type: EventType,
    pub schema_version: u32,
    pub customer_id: CustomerId,
    /// The id of the row, in events about rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<Uuid>,
    /// The version of the customer or of the row, which orders its events. In `webhook_disabled`, the time since which the endpoint
    /// was enabled, in microseconds.
    pub version: u64,
    /// The customer's status, in events about customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The names of the changed fields; only `status` if the account was deleted or expired. The creation and the deletion of an
    /// administrator other than the guest agent name `administrator`.
    pub changed: Vec<String>,
    /// The number of deleted rows by table, in `customer_erased`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<BTreeMap<String, u64>>,
    /// When the change was made.
    #[serde(with = "rfc3339")]
    pub time: Timestamp,
}

impl Event {
    /// An event that names no changed field.
    pub const fn new(
        id: Uuid,
        event_type: EventType,
        customer_id: CustomerId,
        version: u64,
        time: Timestamp,
    ) -> Self {
        Self {
            id,
            event_type,
            schema_version: 1,
            customer_id,
            resource_id: None,
            version,
            status: None,
            changed: Vec::new(),
            removed: None,
            time,
        }
    }
}

/// The part of an EventBridge message that consumers read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EventMessage {
    pub detail: Event,
}

impl LogSubject for EventMessage {
    fn customer_id(&self) -> Option<CustomerId> {
        Some(self.detail.customer_id)
    }

    fn message_type(&self) -> Cow<'_, str> {
        Cow::from(self.detail.event_type.to_string())
    }
}
