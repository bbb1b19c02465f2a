//! Rows of the owned kinds, as the registry of kinds declares them.

use custodian_domain::kinds::{Field, FieldType, Kind, Source};
use custodian_domain::sip_digest::ha1;
use custodian_domain::{CustomerId, Principal, Resource, Timestamp};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::values::Time;
use crate::versioned::Versioned;

/// An owned row: ids, the fields of its kind in the registry's order, times. It lacks the secret fields unless a caller is named
/// who may read them.
#[derive(Debug)]
pub struct ResourceView<'a> {
    kind: &'static Kind,
    row: &'a Resource,
    tm_delete: Option<Time>,
    shows_secrets: bool,
}

impl<'a> ResourceView<'a> {
    pub const fn new(kind: &'static Kind, row: &'a Resource) -> Self {
        Self { kind, row, tm_delete: None, shows_secrets: false }
    }

    /// The row as this caller may read it, with its secrets or without.
    #[must_use]
    pub const fn as_read_by(self, caller: &Principal) -> Self {
        Self { shows_secrets: caller.may_read_secrets(), ..self }
    }

    /// The response to the row's deletion.
    pub const fn deleted(kind: &'static Kind, row: &'a Resource, now: Timestamp) -> Self {
        Self { tm_delete: Some(Time(now)), ..Self::new(kind, row) }
    }
}

impl ResourceView<'_> {
    fn text(&self, field: &str) -> &str {
        self.row.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    fn is_shown(&self, field: &Field) -> bool {
        !field.secret || self.shows_secrets
    }

    /// Adds to each address the ids of its account and of its contact.
    fn addresses(&self, stored: Option<&Value>) -> Vec<Value> {
        let with_owners = |address: &Value| {
            let mut view = json!({ "id": address["id"], "customer_id": self.row.customer_id, "contact_id": self.row.id });
            if let (Some(view), Some(address)) = (view.as_object_mut(), address.as_object()) {
                view.extend(address.clone());
            }
            view
        };
        stored.and_then(Value::as_array).into_iter().flatten().map(with_owners).collect()
    }
}

impl Serialize for ResourceView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.row.id)?;
        map.serialize_entry("customer_id", &self.row.customer_id)?;
        for field in self.kind.fields.iter().filter(|field| self.is_shown(field)) {
            let value = self.row.fields.get(field.name);
            match field.field_type {
                _ if field.source == Source::SipDigest => {
                    let ha1 = ha1(self.text("username"), self.text("domain_name"), self.text("password"));
                    map.serialize_entry(field.name, &ha1)?;
                }
                FieldType::Addresses { .. } => map.serialize_entry(field.name, &self.addresses(value))?,
                _ => map.serialize_entry(field.name, &value)?,
            }
        }
        map.serialize_entry("tm_create", &Time(self.row.tm_create))?;
        map.serialize_entry("tm_update", &Time(self.row.tm_update))?;
        map.serialize_entry("tm_delete", &self.tm_delete)?;
        map.end()
    }
}

impl Versioned for ResourceView<'_> {
    fn version(&self) -> u64 {
        self.row.version
    }

    fn account(&self) -> CustomerId {
        self.row.customer_id
    }
}
