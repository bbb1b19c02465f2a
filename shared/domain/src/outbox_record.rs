//! Outbox records: each describes one change of a row that a customer owns. A record is a pure function of the change.
//! It names the changed fields and never contains their values.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::ids::content_id;
use crate::webhook::{Delivery, EndpointObservation};
use crate::{AccessKey, Agent, CustomerId, EventType, Resource, RowChange, Timestamp};

/// One change of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRecord {
    /// A hash of the change, so that an event that is published twice has the same id.
    pub id: Uuid,
    #[serde(rename = "type")]
    pub event_type: EventType,
    pub customer_id: CustomerId,
    pub resource_id: Uuid,
    /// The row's version, which orders the records of one row. In a record of `webhook_disabled`, the microsecond since which the
    /// endpoint was enabled (1 if unknown).
    pub version: u64,
    pub changed: Vec<String>,
    pub tm_create: Timestamp,
}

/// The name in `changed` of an agent that becomes an administrator or stops being one. It also marks the creation and the
/// deletion of an administrator other than the guest agent.
pub const ADMINISTRATOR: &str = "administrator";

/// One version of a row.
#[derive(Clone, Copy, Debug)]
pub struct RowVersion {
    customer_id: CustomerId,
    id: Uuid,
    version: u64,
    tm_update: Timestamp,
}

/// A row whose changes are published as events.
pub trait ChangeTracked {
    fn row_version(&self) -> RowVersion;

    /// The fields whose changes an event may name.
    fn tracked_fields(&self) -> Map<String, Value>;

    /// The content of `changed` in the record of a creation or a deletion.
    fn distinctions(&self) -> Vec<String> {
        Vec::new()
    }
}

impl OutboxRecord {
    pub fn created(noun: &'static str, row: &impl ChangeTracked) -> Self {
        Self::new(EventType::row(noun, RowChange::Created), row.row_version(), row.distinctions())
    }

    /// `None` if no tracked field changed.
    pub fn updated<T: ChangeTracked>(noun: &'static str, before: &T, after: &T) -> Option<Self> {
        let (old, new) = (before.tracked_fields(), after.tracked_fields());
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let changed: Vec<_> =
            names.into_iter().filter(|name| old.get(*name) != new.get(*name)).cloned().collect();
        let event_type = EventType::row(noun, RowChange::Updated);
        let is_visible = !changed.is_empty();
        is_visible.then(|| Self::new(event_type, after.row_version(), changed))
    }

    pub fn deleted(noun: &'static str, row: &impl ChangeTracked, now: Timestamp) -> Self {
        let last = row.row_version();
        let deletion = RowVersion { version: last.version + 1, tm_update: now, ..last };
        Self::new(EventType::row(noun, RowChange::Deleted), deletion, row.distinctions())
    }

    /// The record of a disabled webhook endpoint. The records of concurrent attempts that observe the same disablement
    /// have the same id.
    pub fn webhook_disabled(delivery: &Delivery, observation: &EndpointObservation) -> Option<Self> {
        let EndpointObservation::Disabled { enabled_at: Some(enabled_at), .. } = observation else {
            return None;
        };
        let row = RowVersion {
            customer_id: delivery.customer_id,
            id: delivery.endpoint().id,
            version: (*enabled_at).max(1),
            tm_update: delivery.tm_update,
        };
        Some(Self::new(EventType::WebhookDisabled, row, Vec::new()))
    }

    fn new(event_type: EventType, row: RowVersion, changed: Vec<String>) -> Self {
        let RowVersion { customer_id, id: resource_id, version, tm_update } = row;
        let identity =
            [customer_id.to_string(), resource_id.to_string(), version.to_string(), event_type.to_string()];
        Self {
            id: content_id(&identity.join(":")),
            event_type,
            customer_id,
            resource_id,
            version,
            changed,
            tm_create: tm_update,
        }
    }
}

impl ChangeTracked for Resource {
    fn row_version(&self) -> RowVersion {
        let Self { customer_id, version, tm_update, .. } = *self;
        RowVersion { customer_id, id: self.id, version, tm_update }
    }

    fn tracked_fields(&self) -> Map<String, Value> {
        self.fields.clone()
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

impl ChangeTracked for Agent {
    fn row_version(&self) -> RowVersion {
        let Self { customer_id, version, tm_update, .. } = *self;
        RowVersion { customer_id, id: self.id.0, version, tm_update }
    }

    fn tracked_fields(&self) -> Map<String, Value> {
        object(json!({
            "username": self.username, "name": self.name, "detail": self.detail,
            "ring_method": self.ring_method, "status": self.status, "permission": self.permission,
            "tag_ids": self.tag_ids, "addresses": self.addresses,
            "password": self.password_hash.as_ref().map(|hash| hash.expose()),
            ADMINISTRATOR: self.is_named_admin(),
        }))
    }

    fn distinctions(&self) -> Vec<String> {
        self.is_named_admin().then(|| ADMINISTRATOR.to_owned()).into_iter().collect()
    }
}

impl ChangeTracked for AccessKey {
    fn row_version(&self) -> RowVersion {
        let Self { customer_id, version, tm_update, .. } = *self;
        RowVersion { customer_id, id: self.id, version, tm_update }
    }

    fn tracked_fields(&self) -> Map<String, Value> {
        object(json!({ "name": self.name, "detail": self.detail, "tm_expire": self.tm_expire }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AgentId, Permission};

    const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_000_000);

    fn agent() -> Agent {
        Agent::new(CustomerId(Uuid::from_u128(1)), AgentId(Uuid::from_u128(2)), "ann", NOW)
    }

    #[test]
    fn a_record_names_changed_fields_and_contains_no_values() {
        let before = agent();
        let after = Agent { version: 2, name: "Ann Smith".to_owned(), status: "busy".to_owned(), ..agent() };
        let record = OutboxRecord::updated("agent", &before, &after).expect("tracked fields changed");
        assert_eq!((record.event_type.to_string(), record.version), ("agent_updated".to_owned(), 2));
        assert_eq!(record.changed, ["name", "status"]);
        assert!(!serde_json::to_string(&record).unwrap_or_default().contains("Smith"));
        assert_eq!(
            OutboxRecord::updated("agent", &before, &after),
            Some(record),
            "the same change gives the same record"
        );
    }

    #[test]
    fn a_record_says_when_an_administrator_is_added_or_removed() {
        let (admin, agent) = (agent(), Agent { permission: Permission::AGENT, ..agent() });
        let guest = Agent { guest: true, ..admin.clone() };
        assert_eq!(OutboxRecord::created("agent", &admin).changed, [ADMINISTRATOR]);
        assert_eq!(OutboxRecord::deleted("agent", &admin, NOW).changed, [ADMINISTRATOR]);
        for other in [&agent, &guest] {
            assert!(OutboxRecord::created("agent", other).changed.is_empty());
            assert!(OutboxRecord::deleted("agent", other, NOW).changed.is_empty());
        }
        let manager = Agent { permission: Permission::MANAGER, ..agent.clone() };
        let changed = |before: &Agent, after: &Agent| {
            OutboxRecord::updated("agent", before, after).map(|record| record.changed).unwrap_or_default()
        };
        for (before, after) in [(&agent, &admin), (&admin, &agent)] {
            assert_eq!(changed(before, after), [ADMINISTRATOR, "permission"]);
        }
        assert_eq!(changed(&manager, &agent), ["permission"]);
    }

    #[test]
    fn a_change_of_untracked_fields_has_no_record() {
        let after = Agent { version: 2, epoch: 7, ..agent() };
        assert_eq!(OutboxRecord::updated("agent", &agent(), &after), None);
    }

    #[test]
    fn the_records_of_one_row_are_ordered_by_version() {
        let created = OutboxRecord::created("agent", &agent());
        let deleted = OutboxRecord::deleted("agent", &agent(), NOW);
        assert!(created.version < deleted.version);
        assert_ne!(created.id, deleted.id);
    }
}
