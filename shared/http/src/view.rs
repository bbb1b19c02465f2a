//! What callers see of rows: the fields of the specification, in its order.

use custodian_domain::agent::Address;
use custodian_domain::{AccessKey, Agent, Customer, CustomerId, Secret, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::answer::Versioned;
pub use crate::owned::{ResourceView, UsageView};

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
