//! A row of an owned kind.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::fields::Fields;
use crate::ids;
use crate::kinds::{Field, Kind, Shape};
use crate::reason::{Reason, Refusal};
use crate::{CustomerId, Timestamp};

/// An owned row as it is stored: the fields of its kind beside what every row has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    pub customer_id: CustomerId,
    pub id: Uuid,
    pub version: u64,
    pub tm_create: Timestamp,
    pub tm_update: Timestamp,
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// Another row of the same customer that a field leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    pub table: &'static str,
    pub id: Uuid,
    /// The field that leads there.
    pub field: &'static str,
}

impl Resource {
    /// A new row: what was not given is what the kind declares.
    pub fn first(
        kind: &Kind,
        customer_id: CustomerId,
        id: Uuid,
        now: Timestamp,
        given: Map<String, Value>,
    ) -> Self {
        let declared = |field: &Field| (field.name.to_owned(), field.first(customer_id, now, &given));
        let mut fields: Map<_, _> = kind.fields.iter().map(declared).collect();
        fields.extend(given);
        Self { customer_id, id, version: 1, tm_create: now, tm_update: now, fields }
    }

    /// The rows that this row leads to, each once; itself is none of them.
    pub fn references(&self, kind: &Kind) -> Vec<Reference> {
        let mut found: Vec<Reference> = Vec::new();
        for field in kind.fields {
            let Some(link) = field.shape.link() else { continue };
            let value = self.fields.get(field.name);
            let ids = value.into_iter().flat_map(|value| match value {
                Value::Array(items) => items.as_slice(),
                single => std::slice::from_ref(single),
            });
            for id in ids.filter_map(|id| id.as_str().and_then(ids::parse)) {
                let is_self = link.table == kind.table && id == self.id;
                let is_known = found.iter().any(|known| (known.table, known.id) == (link.table, id));
                if !id.is_nil() && !is_self && !is_known {
                    found.push(Reference { table: link.table, id, field: field.name });
                }
            }
        }
        found
    }

    /// The next version of this row with other values in some fields.
    #[must_use]
    pub fn changed(&self, given: Map<String, Value>, now: Timestamp) -> Self {
        let mut next = self.clone();
        next.fields.extend(given);
        next.version += 1;
        next.tm_update = now;
        next
    }
}

/// The fields that a request gives, checked against the kind's declaration.
#[derive(Clone, Debug)]
pub struct ResourcePatch {
    kind: &'static Kind,
    given: Map<String, Value>,
}

impl ResourcePatch {
    /// The fields of a row that is to be made.
    pub fn creating(kind: &'static Kind, body: &Map<String, Value>) -> Result<Self, Refusal> {
        Self::read(kind, body, true)
    }

    /// The fields of a row that are to be changed.
    pub fn changing(kind: &'static Kind, body: &Map<String, Value>) -> Result<Self, Refusal> {
        Self::read(kind, body, false)
    }

    fn read(kind: &'static Kind, body: &Map<String, Value>, creating: bool) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let mut given = Map::new();
        for field in kind.fields.iter().filter(|field| field.is_writable(creating)) {
            let is_missing = body.get(field.name).is_none_or(|value| value == "");
            if creating && field.required && is_missing {
                fields.refuse(field.name, "is required");
                continue;
            }
            let Some(value) = body.get(field.name) else { continue };
            if let Some(value) = field.read(value, &mut fields) {
                given.insert(field.name.to_owned(), value);
            }
        }
        // Of fields that are wrong each for itself there is no more to say.
        let given = fields.finish(given)?;
        if let Some(rule) = kind.rule.as_ref().filter(|rule| creating && !(rule.holds)(&given)) {
            return Err(Refusal::field(Reason::InvalidArgument, rule.field, rule.words));
        }
        Ok(Self { kind, given })
    }

    pub fn create(self, customer_id: CustomerId, id: Uuid, now: Timestamp) -> Resource {
        let given = self.dated(None, now);
        Resource::first(self.kind, customer_id, id, now, given)
    }

    /// The next version of a row: what was not given is unchanged.
    pub fn apply(self, before: &Resource, now: Timestamp) -> Resource {
        before.changed(self.dated(Some(before), now), now)
    }

    /// What was given, in which every address says since when the row has it.
    fn dated(&self, before: Option<&Resource>, now: Timestamp) -> Map<String, Value> {
        let mut given = self.given.clone();
        let listed = self.kind.fields.iter().filter(|field| matches!(field.shape, Shape::Addresses { .. }));
        for field in listed {
            let known = before.and_then(|row| row.fields.get(field.name)).and_then(Value::as_array);
            let addresses = given.get_mut(field.name).and_then(Value::as_array_mut);
            for address in addresses.into_iter().flatten() {
                let same = known.into_iter().flatten().find(|known| known["id"] == address["id"]);
                let since = same.map(|known| known["tm_create"].clone());
                address["tm_create"] = since.unwrap_or_else(|| now.to_rfc3339().into());
            }
        }
        given
    }
}
