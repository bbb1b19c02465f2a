//! JSON Schemas of fields whose Rust types do not restrict the values enough.

use custodian_domain::agent::{ADDRESS_TYPES, RING_METHODS, STATUSES};
use custodian_domain::export::ExportState;
use custodian_domain::scope::Scope;
use custodian_domain::webhook::DeliveryStatus;
use custodian_domain::{DeletionState, EventType, Permission, Plan, Status};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Serialize;

/// The HTTP method of webhooks.
pub fn webhook_method(_: &mut SchemaGenerator) -> Schema {
    enumeration(&["", "POST", "GET", "PUT", "DELETE"])
}

/// The event types that a webhook endpoint has chosen.
pub fn event_types(_: &mut SchemaGenerator) -> Schema {
    let types: Vec<_> = EventType::sent_as_webhooks().map(|known| known.to_string()).collect();
    json_schema!({
        "type": "array",
        "items": { "type": "string", "enum": types },
    })
}

/// A sum of permission bits.
pub fn permission(_: &mut SchemaGenerator) -> Schema {
    let sums: Vec<u32> = (0..=0x71).filter(|bits| Permission::from_bits(*bits).is_some()).collect();
    json_schema!({
        "type": "integer",
        "enum": sums,
        "description": "A sum of 1 (platform admin), 16 (agent), 32 (admin) and 64 (manager).",
    })
}

/// The scopes of an access key.
pub fn scopes(_: &mut SchemaGenerator) -> Schema {
    let scopes: Vec<String> = Scope::all().collect();
    json_schema!({
        "type": "array",
        "items": { "type": "string", "enum": scopes },
    })
}

pub(crate) fn maker_type(_: &mut SchemaGenerator) -> Schema {
    enumeration(&["agent", "accesskey", "operator", "signup", "unknown"])
}

pub(crate) fn account_status(_: &mut SchemaGenerator) -> Schema {
    enumeration(&Status::ALL.map(Status::as_str))
}

pub(crate) fn deletion_state(_: &mut SchemaGenerator) -> Schema {
    enumeration(&DeletionState::ALL)
}

pub(crate) fn agent_status(_: &mut SchemaGenerator) -> Schema {
    enumeration(&STATUSES)
}

pub(crate) fn ring_method(_: &mut SchemaGenerator) -> Schema {
    enumeration(&RING_METHODS)
}

pub(crate) fn agent_address_type(_: &mut SchemaGenerator) -> Schema {
    enumeration(&ADDRESS_TYPES)
}

pub(crate) fn plan(_: &mut SchemaGenerator) -> Schema {
    let [free, basic, professional, unlimited] = Plan::ALL;
    enumeration(&[free, basic, professional, unlimited, Plan::Unknown])
}

pub(crate) fn export_state(_: &mut SchemaGenerator) -> Schema {
    enumeration(&ExportState::ALL)
}

pub(crate) fn delivery_status(_: &mut SchemaGenerator) -> Schema {
    use DeliveryStatus::{Failed, Pending, Succeeded, Unknown};
    enumeration(&[Pending, Succeeded, Failed, Unknown])
}

fn enumeration(values: &[impl Serialize]) -> Schema {
    json_schema!({ "type": "string", "enum": values })
}
