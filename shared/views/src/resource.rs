//! Rows of the owned kinds, as the registry of kinds declares them.

use custodian_domain::kinds::{FieldType, Kind};
use custodian_domain::{CustomerId, Resource, Timestamp};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::values::Time;
use crate::versioned::Versioned;

/// An owned row: ids, the fields of its kind in the registry's order, times.
#[derive(Debug)]
pub struct ResourceView<'a> {
    kind: &'static Kind,
    row: &'a Resource,
    tm_delete: Option<Time>,
}

impl<'a> ResourceView<'a> {
    pub const fn new(kind: &'static Kind, row: &'a Resource) -> Self {
        Self { kind, row, tm_delete: None }
    }

    /// The response to the row's deletion.
    pub const fn deleted(kind: &'static Kind, row: &'a Resource, now: Timestamp) -> Self {
        Self { kind, row, tm_delete: Some(Time(now)) }
    }
}

impl ResourceView<'_> {
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
        for field in self.kind.fields {
            let value = self.row.fields.get(field.name);
            match field.field_type {
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
