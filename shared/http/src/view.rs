//! What callers see of rows: the fields of the specification, in its order.

use custodian_domain::kinds::Kind;
use custodian_domain::{Customer, Resource};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use uuid::Uuid;

/// A customer: exactly these fifteen fields. Texts are never omitted; times that did not come are null.
#[derive(Debug, Serialize)]
pub struct CustomerView<'a> {
    id: Uuid,
    name: &'a str,
    detail: &'a str,
    email: &'a str,
    phone_number: &'a str,
    address: &'a str,
    webhook_method: &'a str,
    webhook_uri: &'a str,
    billing_account_id: Uuid,
    email_verified: bool,
    status: &'static str,
    tm_deletion_scheduled: Option<String>,
    tm_create: String,
    tm_update: String,
    tm_delete: Option<String>,
}

impl<'a> From<&'a Customer> for CustomerView<'a> {
    fn from(row: &'a Customer) -> Self {
        let profile = &row.profile;
        Self {
            id: row.id.0,
            name: &profile.name,
            detail: &profile.detail,
            email: &profile.email,
            phone_number: &profile.phone_number,
            address: &profile.address,
            webhook_method: &profile.webhook_method,
            webhook_uri: &profile.webhook_uri,
            billing_account_id: row.billing_account_id,
            email_verified: row.email_verified,
            status: row.status().as_str(),
            tm_deletion_scheduled: row.tm_deletion_scheduled().map(|time| time.to_rfc3339()),
            tm_create: row.tm_create.to_rfc3339(),
            tm_update: row.tm_update.to_rfc3339(),
            tm_delete: row.tm_delete().map(|time| time.to_rfc3339()),
        }
    }
}

impl<'a> CustomerView<'a> {
    /// A customer as it was at the moment an operator deleted it: the data of before with the state of after.
    pub fn as_deleted(before: &'a Customer, after: &Customer) -> Self {
        Self {
            status: after.status().as_str(),
            tm_deletion_scheduled: None,
            tm_delete: after.tm_delete().map(|time| time.to_rfc3339()),
            ..Self::from(before)
        }
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

impl Serialize for ResourceView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.row.id)?;
        map.serialize_entry("customer_id", &self.row.customer_id)?;
        for field in self.kind.fields {
            map.serialize_entry(field.name, &self.row.fields.get(field.name))?;
        }
        map.serialize_entry("tm_create", &self.row.tm_create.to_rfc3339())?;
        map.serialize_entry("tm_update", &self.row.tm_update.to_rfc3339())?;
        map.serialize_entry("tm_delete", &self.tm_delete)?;
        map.end()
    }
}
