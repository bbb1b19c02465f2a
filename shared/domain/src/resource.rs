//! A row of an owned kind.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::fields::Fields;
use crate::kinds::Kind;
use crate::reason::Refusal;
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

/// The fields that a request gives, checked against the kind's declaration.
#[derive(Clone, Debug)]
pub struct ResourcePatch(Map<String, Value>);

impl ResourcePatch {
    pub fn read(kind: &Kind, body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let mut given = Map::new();
        for field in kind.fields {
            if let Some(text) = fields.text(field.name, field.max_bytes) {
                given.insert(field.name.to_owned(), Value::String(text));
            }
        }
        fields.finish(Self(given))
    }

    /// A new row: what was not given is empty.
    pub fn create(self, kind: &Kind, customer_id: CustomerId, id: Uuid, now: Timestamp) -> Resource {
        let mut fields: Map<_, _> =
            kind.fields.iter().map(|field| (field.name.to_owned(), Value::String(String::new()))).collect();
        fields.extend(self.0);
        Resource { customer_id, id, version: 1, tm_create: now, tm_update: now, fields }
    }

    /// The next version of a row: what was not given is unchanged.
    pub fn apply(self, before: &Resource, now: Timestamp) -> Resource {
        let mut next = before.clone();
        next.fields.extend(self.0);
        next.version += 1;
        next.tm_update = now;
        next
    }
}
