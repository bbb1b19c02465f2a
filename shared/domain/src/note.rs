//! What happened to something that a customer owns: a pure function of the row before and after. It names the fields that
//! changed and carries no value of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::{AccessKey, Agent, CustomerId, Resource, Timestamp};

/// One change of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The same however often the change is told.
    pub id: Uuid,
    /// `<noun>_created`, `<noun>_updated` or `<noun>_deleted`.
    #[serde(rename = "type")]
    pub kind: String,
    pub customer_id: CustomerId,
    pub resource_id: Uuid,
    /// The row's version, which orders its notes.
    pub version: u64,
    pub changed: Vec<String>,
    pub tm_create: Timestamp,
}

/// A row whose changes are told.
pub trait Told {
    fn customer_id(&self) -> CustomerId;
    fn id(&self) -> Uuid;
    fn version(&self) -> u64;
    fn tm_update(&self) -> Timestamp;
    /// What callers see of it, and what they may know to have changed.
    fn facts(&self) -> Map<String, Value>;
}

impl Note {
    pub fn created(noun: &str, row: &impl Told) -> Self {
        Self::new(&format!("{noun}_created"), row, row.version(), Vec::new(), row.tm_update())
    }

    /// None if nothing changed that anybody could see.
    pub fn updated<T: Told>(noun: &str, before: &T, after: &T) -> Option<Self> {
        let (old, new) = (before.facts(), after.facts());
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let changed: Vec<_> =
            names.into_iter().filter(|name| old.get(*name) != new.get(*name)).cloned().collect();
        let kind = format!("{noun}_updated");
        let told = !changed.is_empty();
        told.then(|| Self::new(&kind, after, after.version(), changed, after.tm_update()))
    }

    pub fn deleted(noun: &str, row: &impl Told, now: Timestamp) -> Self {
        Self::new(&format!("{noun}_deleted"), row, row.version() + 1, Vec::new(), now)
    }

    fn new(kind: &str, row: &impl Told, version: u64, changed: Vec<String>, tm_create: Timestamp) -> Self {
        let (customer_id, resource_id) = (row.customer_id(), row.id());
        let id = event_id(&[&customer_id.to_string(), &resource_id.to_string(), &version.to_string(), kind]);
        Self { id, kind: kind.to_owned(), customer_id, resource_id, version, changed, tm_create }
    }
}

/// A UUID (version 8) made of what identifies an event.
pub fn event_id(parts: &[&str]) -> Uuid {
    let digest = Sha256::digest(parts.join(":"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

impl Told for Resource {
    fn customer_id(&self) -> CustomerId {
        self.customer_id
    }

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn tm_update(&self) -> Timestamp {
        self.tm_update
    }

    fn facts(&self) -> Map<String, Value> {
        self.fields.clone()
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

impl Told for Agent {
    fn customer_id(&self) -> CustomerId {
        self.customer_id
    }

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn tm_update(&self) -> Timestamp {
        self.tm_update
    }

    fn facts(&self) -> Map<String, Value> {
        object(json!({
            "username": self.username, "name": self.name, "detail": self.detail,
            "ring_method": self.ring_method, "status": self.status, "permission": self.permission,
            "tag_ids": self.tag_ids, "addresses": self.addresses,
            "password": self.password_hash.as_ref().map(|hash| hash.expose()),
        }))
    }
}

impl Told for AccessKey {
    fn customer_id(&self) -> CustomerId {
        self.customer_id
    }

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn tm_update(&self) -> Timestamp {
        self.tm_update
    }

    fn facts(&self) -> Map<String, Value> {
        object(json!({ "name": self.name, "detail": self.detail, "tm_expire": self.tm_expire }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AgentId;

    const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_000_000);

    fn agent() -> Agent {
        Agent::first_admin(CustomerId(Uuid::from_u128(1)), AgentId(Uuid::from_u128(2)), "ann", NOW)
    }

    #[test]
    fn a_change_is_told_by_names_and_without_values() {
        let before = agent();
        let after = Agent { version: 2, name: "Ann Smith".to_owned(), status: "busy".to_owned(), ..agent() };
        let note = Note::updated("agent", &before, &after).expect("a change");
        assert_eq!((note.kind.as_str(), note.version), ("agent_updated", 2));
        assert_eq!(note.changed, ["name", "status"]);
        assert!(!serde_json::to_string(&note).unwrap_or_default().contains("Smith"));
        assert_eq!(Note::updated("agent", &before, &after), Some(note), "the same change, the same note");
    }

    #[test]
    fn what_nobody_sees_is_not_told() {
        let after = Agent { version: 2, epoch: 7, ..agent() };
        assert_eq!(Note::updated("agent", &agent(), &after), None);
    }

    #[test]
    fn the_notes_of_one_row_are_in_order_of_version() {
        let created = Note::created("agent", &agent());
        let deleted = Note::deleted("agent", &agent(), NOW);
        assert!(created.version < deleted.version);
        assert_ne!(created.id, deleted.id);
    }
}
