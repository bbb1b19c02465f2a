//! What happened to a customer, and how functions consume messages.
//!
//! No handler sends an event. Events are derived from the change stream of the customers table by a pure function of the
//! old and the new image, so that none can be lost between a commit and its announcement, and the same change always
//! gives the same event. They carry ids, status, version and the names of changed fields; never a value.

pub mod consume;
mod derive;

use std::future::Future;

use custodian_app::Failure;
use custodian_domain::CustomerId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use consume::Consumer;
pub use derive::derive;

/// Where this service's events come from, on the bus.
pub const SOURCE: &str = "custodian";

pub const CUSTOMER_CREATED: &str = "customer_created";
pub const CUSTOMER_UPDATED: &str = "customer_updated";
/// The changed field that asks for a mail to confirm it.
pub const PENDING_EMAIL: &str = "pending_email";
pub const CUSTOMER_VERIFIED: &str = "customer_verified";
pub const CUSTOMER_DELETED: &str = "customer_deleted";
pub const CUSTOMER_EXPIRED: &str = "customer_expired";

/// Something that happened to a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The same however often the event is derived or delivered.
    pub id: Uuid,
    #[serde(rename = "type")]
    pub kind: String,
    pub schema_version: u32,
    pub customer_id: CustomerId,
    /// The customer's version, which orders its events.
    pub version: u64,
    pub status: String,
    /// The names of the fields that changed.
    pub changed: Vec<String>,
    /// RFC 3339.
    pub time: String,
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
