//! What happened to a customer and to what it owns, and how functions consume messages.
//!
//! No handler sends an event. Events are derived from change streams by pure functions: of the old and the new image of a
//! customer, of the notes that the transactions of owned rows write, of a ledger that is sealed. So none can be lost
//! between a commit and its announcement, and the same change always gives the same event. They carry ids, status, version
//! and the names of changed fields; never a value.

pub mod consume;
mod count;
mod derive;
pub mod schema;
mod subject;

use std::collections::BTreeMap;
use std::future::Future;

use custodian_app::Failure;
use custodian_domain::{CustomerId, Status, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use consume::{Change, Consumer};
pub use count::counted;
pub use derive::{derive, of_change, of_note, of_seal, terminate};
pub use subject::Subject;

/// Where this service's events come from, on the bus.
pub const SOURCE: &str = "custodian";

pub const CUSTOMER_CREATED: &str = "customer_created";
pub const CUSTOMER_UPDATED: &str = "customer_updated";
/// The changed field that asks for a mail to confirm it.
pub const PENDING_EMAIL: &str = "pending_email";
pub const CUSTOMER_VERIFIED: &str = "customer_verified";
pub const CUSTOMER_FROZEN: &str = "customer_frozen";
pub const CUSTOMER_RECOVERED: &str = "customer_recovered";
/// Everything that the customer owned is gone, and the ledger is sealed.
pub const CUSTOMER_ERASED: &str = "customer_erased";
/// What the call plane has to end.
pub const OPERATIONS_TERMINATE: &str = "operations_terminate";
pub const CUSTOMER_DELETED: &str = "customer_deleted";
pub const CUSTOMER_EXPIRED: &str = "customer_expired";

/// Something that happened to a customer, or to a row that it owns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The same however often the event is derived or delivered.
    pub id: Uuid,
    #[serde(rename = "type")]
    pub kind: String,
    pub schema_version: u32,
    pub customer_id: CustomerId,
    /// The row, if it is not the customer itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<Uuid>,
    /// The version of the customer or of the row, which orders its events.
    pub version: u64,
    /// The customer's, in its own events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The names of the fields that changed.
    pub changed: Vec<String>,
    /// How many rows of each table a cascade removed, when it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<BTreeMap<String, u64>>,
    /// RFC 3339.
    pub time: String,
}

impl Event {
    /// When it happened.
    pub fn happened(&self) -> Option<Timestamp> {
        Timestamp::parse(&self.time)
    }
}

/// An event as a rule of the bus hands it on: the part that consumers read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivered {
    pub detail: Event,
}

/// The event bus.
pub trait Bus: Send + Sync {
    fn publish(&self, events: &[Event]) -> impl Future<Output = Result<(), Failure>> + Send;
}
