//! What callers see of what an account owns, as the registry of kinds declares it.

use std::collections::BTreeMap;

use custodian_domain::kinds::{ALL, Kind, Shape};
use custodian_domain::{CustomerId, Plan, Resource};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::answer::Versioned;

/// What an account has and may have of each kind; a limit that is null is none.
#[derive(Debug, Serialize)]
pub struct UsageView {
    plan: Plan,
    resources: Map<String, Value>,
}

impl UsageView {
    /// The counts come by table and are shown by route.
    pub fn new(plan: Plan, counts: &BTreeMap<&str, u64>) -> Self {
        let shown = |kind: &&Kind| {
            let count = counts.get(kind.table).copied().unwrap_or(0);
            (kind.route.to_owned(), json!({ "count": count, "limit": plan.limit(kind) }))
        };
        Self { plan, resources: ALL.iter().map(shown).collect() }
    }
}

/// An owned row: ids, the fields of its kind in their order, times.
#[derive(Debug)]
pub struct ResourceView<'a> {
    pub kind: &'static Kind,
    pub row: &'a Resource,
    pub tm_delete: Option<String>,
}

impl<'a> ResourceView<'a> {
    pub const fn new(kind: &'static Kind, row: &'a Resource) -> Self {
        Self { kind, row, tm_delete: None }
    }
}

impl ResourceView<'_> {
    /// Each address says whose it is.
    fn addresses(&self, stored: Option<&Value>) -> Vec<Value> {
        let of = |address: &Value| {
            let mut shown = json!({ "id": address["id"], "customer_id": self.row.customer_id, "contact_id": self.row.id });
            if let (Some(shown), Some(address)) = (shown.as_object_mut(), address.as_object()) {
                shown.extend(address.clone());
            }
            shown
        };
        stored.and_then(Value::as_array).into_iter().flatten().map(of).collect()
    }
}

impl Serialize for ResourceView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.row.id)?;
        map.serialize_entry("customer_id", &self.row.customer_id)?;
        for field in self.kind.fields {
            let value = self.row.fields.get(field.name);
            match field.shape {
                Shape::Addresses { .. } => map.serialize_entry(field.name, &self.addresses(value))?,
                _ => map.serialize_entry(field.name, &value)?,
            }
        }
        map.serialize_entry("tm_create", &self.row.tm_create.to_rfc3339())?;
        map.serialize_entry("tm_update", &self.row.tm_update.to_rfc3339())?;
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
