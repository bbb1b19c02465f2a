//! JSON Schemas of all events on the bus, derived from the fields of the kinds and the tables of the cascade. They forbid
//! additional properties, so that a test finds an event that leaks a value.

use custodian_cascade::STEPS;
use custodian_domain::kinds::{ALL, Kind};
use custodian_domain::outbox_record::ADMINISTRATOR;
use custodian_domain::{EventType, RowChange, Status, access_key, kinds};
use serde_json::{Map, Value, json};

use crate::derive::TRACKED_FIELDS;

const AGENT_FIELDS: [&str; 10] = [
    ADMINISTRATOR,
    "username",
    "name",
    "detail",
    "ring_method",
    "status",
    "permission",
    "tag_ids",
    "addresses",
    "password",
];
const ACCESS_KEY_FIELDS: [&str; 3] = ["name", "detail", "tm_expire"];

/// The parts of an event's schema that depend on its type.
struct EventSchema {
    event_type: EventType,
    /// The names that `changed` may contain.
    changed: Changed,
    /// The possible statuses of the customer. `None` for events about rows.
    status: Option<Vec<Status>>,
    /// Whether the event says how many rows of each table were deleted.
    has_removed_counts: bool,
}

enum Changed {
    Nothing,
    /// One or more of these fields.
    Fields(Vec<&'static str>),
    /// Only the status.
    Status,
    /// `["administrator"]` if the agent is an administrator other than the guest agent, else empty.
    Administrator,
}

/// A schema that accepts any of these events; each event has its own under `$defs`.
pub fn schemas() -> Value {
    let events: Vec<_> = customer_events().into_iter().chain([webhook_event()]).chain(row_events()).collect();
    let any: Vec<_> =
        events.iter().map(|event| json!({ "$ref": format!("#/$defs/{}", event.event_type) })).collect();
    let each: Map<_, _> = events.iter().map(|event| (event.event_type.to_string(), event.schema())).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The `detail` of the events that Custodian puts on its EventBridge bus",
        "oneOf": any,
        "$defs": each,
    })
}

fn customer_events() -> Vec<EventSchema> {
    let terminal = vec![Status::Deleted, Status::Expired];
    let own = |event_type, changed, status: &[Status]| EventSchema {
        event_type,
        changed,
        status: Some(status.to_vec()),
        has_removed_counts: false,
    };
    let changed_fields = || Changed::Fields(TRACKED_FIELDS.map(|(name, _)| name).to_vec());
    vec![
        own(EventType::CustomerCreated, Changed::Nothing, &[Status::Initial, Status::Active]),
        own(EventType::CustomerVerified, changed_fields(), &[Status::Active]),
        own(EventType::CustomerUpdated, changed_fields(), Status::NOT_TERMINAL),
        own(EventType::CustomerFrozen, changed_fields(), &[Status::Frozen]),
        own(EventType::CustomerDeletionReminder, Changed::Nothing, &[Status::Frozen]),
        own(EventType::CustomerRecovered, changed_fields(), &[Status::Active]),
        own(EventType::CustomerExpired, Changed::Status, &[Status::Expired]),
        own(EventType::CustomerDeleted, Changed::Status, &[Status::Deleted]),
        EventSchema {
            has_removed_counts: true,
            ..own(EventType::CustomerErased, Changed::Nothing, &terminal)
        },
        own(EventType::OperationsTerminate, Changed::Nothing, &[Status::Frozen, Status::Deleted]),
    ]
}

/// The values of `changed` that the creation or deletion of a row may have.
fn changed_at_creation_or_deletion(noun: &str) -> Changed {
    if noun == kinds::AGENTS.noun { Changed::Administrator } else { Changed::Nothing }
}

/// The event of a disabled webhook endpoint.
fn webhook_event() -> EventSchema {
    let event_type = EventType::WebhookDisabled;
    EventSchema { event_type, changed: Changed::Nothing, status: None, has_removed_counts: false }
}

/// The events of rows.
fn row_events() -> impl Iterator<Item = EventSchema> {
    let fields = |kind: &&Kind| match kind.noun {
        "agent" => AGENT_FIELDS.to_vec(),
        _ => kind.fields.iter().filter(|field| field.is_stored()).map(|field| field.name).collect(),
    };
    let nouns = ALL.iter().map(move |kind| (kind.noun, fields(kind)));
    nouns.chain([(access_key::NOUN, ACCESS_KEY_FIELDS.to_vec())]).flat_map(|(noun, names)| {
        let changes = [
            (RowChange::Created, changed_at_creation_or_deletion(noun)),
            (RowChange::Updated, Changed::Fields(names)),
            (RowChange::Deleted, changed_at_creation_or_deletion(noun)),
        ];
        changes.map(|(change, changed)| EventSchema {
            event_type: EventType::row(noun, change),
            changed,
            status: None,
            has_removed_counts: false,
        })
    })
}

impl EventSchema {
    fn schema(&self) -> Value {
        let id = json!({ "type": "string", "format": "uuid" });
        let mut properties = Map::from_iter([
            ("id".to_owned(), id.clone()),
            ("type".to_owned(), json!({ "const": self.event_type })),
            ("schema_version".to_owned(), json!({ "const": 1 })),
            ("customer_id".to_owned(), id.clone()),
            ("version".to_owned(), json!({ "type": "integer", "minimum": 1 })),
            ("changed".to_owned(), self.changed.schema()),
            ("time".to_owned(), json!({ "type": "string", "format": "date-time", "pattern": "Z$" })),
        ]);
        match &self.status {
            Some(status) => properties.insert("status".to_owned(), json!({ "enum": status })),
            None => properties.insert("resource_id".to_owned(), id),
        };
        if self.has_removed_counts {
            let count = json!({ "type": "integer", "minimum": 0 });
            let counts: Map<_, _> = STEPS.iter().map(|step| (step.table.to_owned(), count.clone())).collect();
            properties.insert("removed".to_owned(), closed(counts));
        }
        closed(properties)
    }
}

impl Changed {
    fn schema(&self) -> Value {
        match self {
            Self::Nothing => json!({ "type": "array", "maxItems": 0 }),
            Self::Status => json!({ "const": ["status"] }),
            Self::Administrator => {
                json!({ "type": "array", "items": { "const": ADMINISTRATOR }, "maxItems": 1 })
            }
            Self::Fields(names) => {
                json!({ "type": "array", "items": { "enum": names }, "uniqueItems": true, "minItems": 1 })
            }
        }
    }
}

/// An object with exactly these properties.
fn closed(properties: Map<String, Value>) -> Value {
    let names: Vec<_> = properties.keys().cloned().collect();
    json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
}
