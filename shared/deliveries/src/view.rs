//! Deliveries as their owner sees them.

use custodian_domain::webhook::{Delivery, DeliveryStatus};
use serde::Serialize;
use uuid::Uuid;

/// A delivery.
#[derive(Debug, Serialize)]
pub struct DeliveryView {
    id: Uuid,
    event_id: Uuid,
    #[serde(rename = "type")]
    kind: String,
    resource_id: Option<Uuid>,
    version: u64,
    status: DeliveryStatus,
    attempts: u32,
    status_code: Option<u16>,
    error: Option<String>,
    latency_ms: Option<u64>,
    tm_next: Option<String>,
    tm_create: String,
    tm_update: String,
}

impl From<&Delivery> for DeliveryView {
    fn from(row: &Delivery) -> Self {
        Self {
            id: row.id,
            event_id: row.event_id,
            kind: row.kind.clone(),
            resource_id: row.resource_id,
            version: row.version,
            status: row.status,
            attempts: row.attempts,
            status_code: row.status_code,
            error: row.error.clone(),
            latency_ms: row.latency_ms,
            tm_next: row.tm_next.map(|next| next.to_rfc3339()),
            tm_create: row.tm_create.to_rfc3339(),
            tm_update: row.tm_update.to_rfc3339(),
        }
    }
}
