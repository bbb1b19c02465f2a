//! JSON Schemas of all events, made of what the product knows about them: the fields that a row has and the tables that a
//! cascade empties. They say exactly what an event carries, so that a value that slipped into one would not fit.

use custodian_cascade::STEPS;
use custodian_domain::Status;
use custodian_domain::kinds::{ALL, Kind};
use serde_json::{Map, Value, json};

use crate::derive::COMPARED;
use crate::{
    CUSTOMER_CREATED, CUSTOMER_DELETED, CUSTOMER_ERASED, CUSTOMER_EXPIRED, CUSTOMER_FROZEN,
    CUSTOMER_RECOVERED, CUSTOMER_UPDATED, CUSTOMER_VERIFIED, OPERATIONS_TERMINATE,
};

const AGENT: [&str; 9] =
    ["username", "name", "detail", "ring_method", "status", "permission", "tag_ids", "addresses", "password"];
const ACCESS_KEY: [&str; 3] = ["name", "detail", "tm_expire"];

/// What an event may carry beyond what all of them have.
struct Shape {
    kind: String,
    /// The names that `changed` may have.
    changed: Changed,
    /// Whose status it tells; none for the events of rows.
    status: Option<Vec<Status>>,
    removed: bool,
}

enum Changed {
    Nothing,
    /// One or more of these.
    Some(Vec<&'static str>),
    /// Only that it is gone.
    Status,
}

/// The schema of every event, each under its type in `$defs`; the document itself takes any of them.
pub fn schemas() -> Value {
    let shapes: Vec<_> = customer().into_iter().chain(rows()).collect();
    let any: Vec<_> =
        shapes.iter().map(|shape| json!({ "$ref": format!("#/$defs/{}", shape.kind) })).collect();
    let each: Map<_, _> = shapes.iter().map(|shape| (shape.kind.clone(), shape.schema())).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Events of Custodian, as `detail` of what it puts on the bus",
        "oneOf": any,
        "$defs": each,
    })
}

/// The events of accounts.
fn customer() -> Vec<Shape> {
    let gone = vec![Status::Deleted, Status::Expired];
    let own = |kind: &str, changed, status: &[Status]| Shape {
        kind: kind.to_owned(),
        changed,
        status: Some(status.to_vec()),
        removed: false,
    };
    let some = || Changed::Some(COMPARED.map(|(name, _)| name).to_vec());
    let living = [Status::Initial, Status::Active, Status::Frozen];
    vec![
        own(CUSTOMER_CREATED, Changed::Nothing, &[Status::Initial, Status::Active]),
        own(CUSTOMER_VERIFIED, some(), &[Status::Active]),
        own(CUSTOMER_UPDATED, some(), &living),
        own(CUSTOMER_FROZEN, some(), &[Status::Frozen]),
        own(CUSTOMER_RECOVERED, some(), &[Status::Active]),
        own(CUSTOMER_EXPIRED, Changed::Status, &[Status::Expired]),
        own(CUSTOMER_DELETED, Changed::Status, &[Status::Deleted]),
        Shape { removed: true, ..own(CUSTOMER_ERASED, Changed::Nothing, &gone) },
        own(OPERATIONS_TERMINATE, Changed::Nothing, &[Status::Frozen, Status::Deleted]),
    ]
}

/// The events of what accounts own.
fn rows() -> impl Iterator<Item = Shape> {
    let fields = |kind: &&Kind| match kind.noun {
        "agent" => AGENT.to_vec(),
        _ => kind.fields.iter().map(|field| field.name).collect(),
    };
    let nouns = ALL.iter().map(move |kind| (kind.noun, fields(kind)));
    nouns.chain([("accesskey", ACCESS_KEY.to_vec())]).flat_map(|(noun, names)| {
        let changes =
            [("created", Changed::Nothing), ("updated", Changed::Some(names)), ("deleted", Changed::Nothing)];
        changes.map(|(verb, changed)| Shape {
            kind: format!("{noun}_{verb}"),
            changed,
            status: None,
            removed: false,
        })
    })
}

impl Shape {
    fn schema(&self) -> Value {
        let id = json!({ "type": "string", "format": "uuid" });
        let mut properties = Map::from_iter([
            ("id".to_owned(), id.clone()),
            ("type".to_owned(), json!({ "const": self.kind })),
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
        if self.removed {
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
            Self::Some(names) => {
                json!({ "type": "array", "items": { "enum": names }, "uniqueItems": true, "minItems": 1 })
            }
        }
    }
}

/// An object with all of these properties and no other.
fn closed(properties: Map<String, Value>) -> Value {
    let names: Vec<_> = properties.keys().cloned().collect();
    json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
}
