//! A row of an owned kind, and the changes that requests make to it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::field_problem::FieldProblem;
use crate::fields::{Fields, given};
use crate::ids;
use crate::kinds::{Field, FieldType, Kind, KindRule, Source, set_identities};
use crate::reason::Reason;
use crate::refusal::{Detail, Refusal, field_violation};
use crate::{CustomerId, Timestamp};

/// An owned row as stored: the common fields, and the fields of its kind.
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

/// A reference from a field to another row of the same customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    pub table: &'static str,
    pub id: Uuid,
    /// The field that contains the reference.
    pub field: &'static str,
}

impl Resource {
    /// A new row. Fields that the request did not set get their initial values.
    pub fn new(
        kind: &Kind,
        customer_id: CustomerId,
        id: Uuid,
        now: Timestamp,
        given: Map<String, Value>,
    ) -> Self {
        let declared = |field: &Field| (field.name.to_owned(), field.initial(customer_id, now, &given));
        let mut fields: Map<_, _> =
            kind.fields.iter().filter(|field| field.is_stored()).map(declared).collect();
        fields.extend(given);
        Self { customer_id, id, version: 1, tm_create: now, tm_update: now, fields }
    }

    /// The references to other rows, without duplicates.
    pub fn references(&self, kind: &Kind) -> Vec<Reference> {
        let mut found: Vec<Reference> = Vec::new();
        for field in kind.fields {
            let Some(link) = field.field_type.link() else { continue };
            let value = self.fields.get(field.name);
            let ids = value.into_iter().flat_map(|value| match value {
                Value::Array(items) => items.as_slice(),
                single => std::slice::from_ref(single),
            });
            for id in ids.filter_map(|id| id.as_str().and_then(ids::parse)) {
                let is_self = link.table == kind.table && id == self.id;
                let is_duplicate = found.iter().any(|other| (other.table, other.id) == (link.table, id));
                if !id.is_nil() && !is_self && !is_duplicate {
                    found.push(Reference { table: link.table, id, field: field.name });
                }
            }
        }
        found
    }

    /// The next version of this row with these values.
    #[must_use]
    pub fn with_fields(&self, given: Map<String, Value>, now: Timestamp) -> Self {
        let mut next = self.clone();
        next.fields.extend(given);
        next.version += 1;
        next.tm_update = now;
        next
    }
}

/// The validated fields of a create or update request.
#[derive(Clone, Debug)]
pub struct ResourcePatch {
    kind: &'static Kind,
    given: Map<String, Value>,
    /// The create-only fields of an update. `None` if the value is invalid.
    create_only: Vec<(&'static Field, Option<Value>)>,
}

impl ResourcePatch {
    /// Reads the body of a create request.
    pub fn for_create(kind: &'static Kind, body: &Map<String, Value>) -> Result<Self, Refusal> {
        Self::read(kind, body, true)
    }

    /// Reads the body of an update request.
    pub fn for_update(kind: &'static Kind, body: &Map<String, Value>) -> Result<Self, Refusal> {
        Self::read(kind, body, false)
    }

    fn read(kind: &'static Kind, body: &Map<String, Value>, creating: bool) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let mut values = Map::new();
        for field in kind.fields.iter().filter(|field| field.is_writable(creating)) {
            let is_missing = given(body, field.name).is_none_or(|value| value == "");
            if creating && field.required && is_missing {
                fields.refuse(field.name, FieldProblem::Missing);
                continue;
            }
            let Some(value) = given(body, field.name) else { continue };
            if let Some(value) = field.read(value, &mut fields) {
                values.insert(field.name.to_owned(), value);
            }
        }
        // Rules span several fields, so they run only if each field is valid.
        let given = fields.finish(values)?;
        let create_only = if creating { Vec::new() } else { read_create_only(kind, body) };
        if creating {
            refuse(broken_rules(kind, None, &given))?;
        }
        Ok(Self { kind, given, create_only })
    }

    /// Leaves a secret unchanged if the request has an empty text for it. A caller who cannot read secrets sends back an empty
    /// text if its programming language has one for a missing field.
    #[must_use]
    pub fn keeping_unread_secrets(mut self) -> Self {
        for field in self.kind.fields.iter().filter(|field| field.secret) {
            if self.given.get(field.name).is_some_and(|value| value == "") {
                self.given.remove(field.name);
            }
        }
        self
    }

    pub fn create(self, customer_id: CustomerId, id: Uuid, now: Timestamp) -> Resource {
        let given = self.with_addresses(None, now);
        Resource::new(self.kind, customer_id, id, now, given)
    }

    /// The next version of a row. Fields that the request did not contain are unchanged. Refuses a request that would change a
    /// create-only field.
    pub fn apply(self, before: &Resource, now: Timestamp) -> Result<Resource, Refusal> {
        let is_changed = |field: &Field, given: &Option<Value>| {
            let present = before.fields.get(field.name).cloned();
            *given != Some(present.unwrap_or_else(|| field.field_type.empty()))
        };
        let changed = self.create_only.iter().filter(|(field, given)| is_changed(field, given));
        let errors: Vec<_> =
            changed.map(|(field, _)| field_violation(field.name, FieldProblem::CreateOnly)).collect();
        refuse(errors)?;
        let after = before.with_fields(self.with_addresses(Some(before), now), now);
        refuse(broken_rules(self.kind, Some(&before.fields), &after.fields))?;
        Ok(after)
    }

    /// The given fields, with the id and the creation time of every address.
    fn with_addresses(&self, before: Option<&Resource>, now: Timestamp) -> Map<String, Value> {
        let (mut given, now) = (self.given.clone(), now.to_rfc3339());
        let address_fields =
            self.kind.fields.iter().filter(|field| matches!(field.field_type, FieldType::Addresses { .. }));
        for field in address_fields {
            let before = before.and_then(|row| row.fields.get(field.name)).and_then(Value::as_array);
            if let Some(addresses) = given.get_mut(field.name).and_then(Value::as_array_mut) {
                set_identities(addresses, before.map_or(&[], Vec::as_slice), &now);
            }
        }
        given
    }
}

/// The rules that these values break, but for those that the row broke before. In an update, empty values of text fields are
/// refused here and not when a field is read, because an empty text for a secret that the caller cannot read changes nothing.
fn broken_rules(kind: &Kind, before: Option<&Map<String, Value>>, after: &Map<String, Value>) -> Vec<Detail> {
    let had_value = |name: &str| before.is_none_or(|row| row.get(name).is_some_and(|value| value != ""));
    let is_emptied = |name: &str| after.get(name).is_some_and(|value| value == "") && had_value(name);
    let emptied = kind.fields.iter().filter(|field| field.non_empty && is_emptied(field.name));
    let emptied = emptied.map(|field| field_violation(field.name, FieldProblem::Missing));
    let was_met = |rule: &&KindRule| before.is_none_or(|before| (rule.is_met)(before));
    let broken = kind.rules.iter().filter(was_met).filter(|rule| !(rule.is_met)(after));
    emptied.chain(broken.map(|rule| field_violation(rule.field, rule.problem))).collect()
}

fn refuse(errors: Vec<Detail>) -> Result<(), Refusal> {
    if errors.is_empty() { Ok(()) } else { Err(Refusal::with_details(Reason::InvalidArgument, errors)) }
}

/// The create-only fields that the body of an update contains, in their stored form.
fn read_create_only(kind: &'static Kind, body: &Map<String, Value>) -> Vec<(&'static Field, Option<Value>)> {
    let fields = kind.fields.iter().filter(|field| field.source == Source::ClientOnce);
    let read =
        |field: &'static Field| Some((field, field.read(given(body, field.name)?, &mut Fields::new(body))));
    fields.filter_map(read).collect()
}
