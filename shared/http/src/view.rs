//! What callers see of rows: the fields of the specification, in its order.

use std::collections::BTreeMap;

use custodian_domain::agent::Address;
use custodian_domain::kinds::{ALL, Kind, Shape};
use custodian_domain::{AccessKey, Agent, Customer, CustomerId, Plan, Resource, Secret, Timestamp};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::answer::Versioned;

/// A customer: exactly these fifteen fields. Texts are never omitted; times that did not come are null.
#[derive(Debug, Serialize)]
pub struct CustomerView<'a> {
    #[serde(skip)]
    version: u64,
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
            version: row.version,
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
            version: after.version,
            status: after.status().as_str(),
            tm_deletion_scheduled: None,
            tm_delete: after.tm_delete().map(|time| time.to_rfc3339()),
            ..Self::from(before)
        }
    }
}

/// An agent, without what it proves itself by.
#[derive(Debug, Serialize)]
pub struct AgentView<'a> {
    #[serde(skip)]
    version: u64,
    id: Uuid,
    customer_id: Uuid,
    username: &'a str,
    name: &'a str,
    detail: &'a str,
    ring_method: &'a str,
    status: &'a str,
    permission: u32,
    tag_ids: &'a [Uuid],
    addresses: &'a [Address],
    /// There are no direct hashes here; clients that exist expect the field.
    direct_hash: &'static str,
    tm_create: String,
    tm_update: String,
    tm_delete: Option<String>,
}

impl<'a> From<&'a Agent> for AgentView<'a> {
    fn from(agent: &'a Agent) -> Self {
        Self {
            version: agent.version,
            id: agent.id.0,
            customer_id: agent.customer_id.0,
            username: &agent.username,
            name: &agent.name,
            detail: &agent.detail,
            ring_method: &agent.ring_method,
            status: &agent.status,
            permission: agent.permission.bits(),
            tag_ids: &agent.tag_ids,
            addresses: &agent.addresses,
            direct_hash: "",
            tm_create: agent.tm_create.to_rfc3339(),
            tm_update: agent.tm_update.to_rfc3339(),
            tm_delete: None,
        }
    }
}

impl<'a> AgentView<'a> {
    /// An agent as it is shown for the last time.
    pub fn deleted(agent: &'a Agent, now: Timestamp) -> Self {
        Self { tm_delete: Some(now.to_rfc3339()), ..Self::from(agent) }
    }
}

/// An access key; its token only in the answer that makes it.
#[derive(Debug, Serialize)]
pub struct KeyView<'a> {
    #[serde(skip)]
    version: u64,
    id: Uuid,
    customer_id: Uuid,
    name: &'a str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    token_prefix: &'a str,
    tm_expire: String,
    tm_last_used: Option<String>,
    tm_create: String,
    tm_update: String,
    tm_delete: Option<String>,
}

impl<'a> From<&'a AccessKey> for KeyView<'a> {
    fn from(key: &'a AccessKey) -> Self {
        Self {
            version: key.version,
            id: key.id,
            customer_id: key.customer_id.0,
            name: &key.name,
            detail: &key.detail,
            token: None,
            token_prefix: &key.token_prefix,
            tm_expire: key.tm_expire.to_rfc3339(),
            tm_last_used: key.tm_last_used.map(|day| day.to_rfc3339()),
            tm_create: key.tm_create.to_rfc3339(),
            tm_update: key.tm_update.to_rfc3339(),
            tm_delete: None,
        }
    }
}

impl<'a> KeyView<'a> {
    /// A key that was just made.
    pub fn with_token(key: &'a AccessKey, token: &'a Secret) -> Self {
        Self { token: Some(token.expose()), ..Self::from(key) }
    }

    /// A key as it is shown for the last time.
    pub fn deleted(key: &'a AccessKey, now: Timestamp) -> Self {
        Self { tm_delete: Some(now.to_rfc3339()), ..Self::from(key) }
    }
}

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

impl Versioned for CustomerView<'_> {
    fn version(&self) -> u64 {
        self.version
    }

    fn account(&self) -> CustomerId {
        CustomerId(self.id)
    }
}

impl Versioned for AgentView<'_> {
    fn version(&self) -> u64 {
        self.version
    }

    fn account(&self) -> CustomerId {
        CustomerId(self.customer_id)
    }
}

impl Versioned for KeyView<'_> {
    fn version(&self) -> u64 {
        self.version
    }

    fn account(&self) -> CustomerId {
        CustomerId(self.customer_id)
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
