//! Agents.

use custodian_domain::agent::Address;
#[cfg(feature = "schema")]
use custodian_domain::agent_fields::{MAX_ADDRESSES, MAX_TAGS};
use custodian_domain::{Agent, CustomerId, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::created_by::CreatedByView;
use crate::values::{MultiLineText, Text, Time};
use crate::versioned::Versioned;

/// A person or a program that acts for an account.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Agent"))]
pub struct AgentView<'a> {
    #[serde(skip)]
    version: u64,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    id: Uuid,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    customer_id: Uuid,
    /// Set when the agent is created. It changes only when an account confirms an e-mail address.
    username: Text<'a, 1020>,
    // The name defaults to the username, which can be longer than the limit for a name in a request.
    name: Text<'a, 1020>,
    detail: MultiLineText<'a, 4096>,
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::field_schema::ring_method"))]
    ring_method: &'a str,
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::field_schema::agent_status"))]
    status: &'a str,
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::field_schema::permission"))]
    permission: u32,
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_TAGS), extend("uniqueItems" = true)))]
    tag_ids: &'a [Uuid],
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_ADDRESSES)))]
    addresses: Vec<AddressView<'a>>,
    /// Always empty. It exists only for older clients.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "", "readOnly" = true)))]
    direct_hash: &'static str,
    /// `null` for agents that an earlier release made.
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    created_by: Option<CreatedByView>,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    tm_create: Time,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    tm_update: Time,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    tm_delete: Option<Time>,
}

/// An address at which an agent can be reached.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct AddressView<'a> {
    #[serde(rename = "type")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::field_schema::agent_address_type"))]
    kind: &'a str,
    #[cfg_attr(feature = "schema", schemars(extend("minLength" = 1)))]
    target: Text<'a, 255>,
    target_name: Text<'a, 255>,
    name: Text<'a, 255>,
    detail: Text<'a, 255>,
}

impl<'a> From<&'a Agent> for AgentView<'a> {
    fn from(agent: &'a Agent) -> Self {
        Self {
            version: agent.version,
            id: agent.id.0,
            customer_id: agent.customer_id.0,
            username: Text(&agent.username),
            name: Text(&agent.name),
            detail: MultiLineText(&agent.detail),
            ring_method: &agent.ring_method,
            status: &agent.status,
            permission: agent.permission.known_bits(),
            tag_ids: &agent.tag_ids,
            addresses: agent.addresses.iter().map(AddressView::from).collect(),
            direct_hash: "",
            created_by: agent.created_by.map(CreatedByView::from),
            tm_create: Time(agent.tm_create),
            tm_update: Time(agent.tm_update),
            tm_delete: None,
        }
    }
}

impl<'a> From<&'a Address> for AddressView<'a> {
    fn from(address: &'a Address) -> Self {
        Self {
            kind: &address.kind,
            target: Text(&address.target),
            target_name: Text(&address.target_name),
            name: Text(&address.name),
            detail: Text(&address.detail),
        }
    }
}

impl<'a> AgentView<'a> {
    /// The response to the agent's deletion.
    pub fn deleted(agent: &'a Agent, now: Timestamp) -> Self {
        Self { tm_delete: Some(Time(now)), ..Self::from(agent) }
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
