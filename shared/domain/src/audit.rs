//! The audit log of an account: who did what to it, when, and from where. An entry names changed fields without their values; only
//! that of a changed status has the status before and after.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{AgentId, Customer, CustomerId, Principal, RequestedBy, Status, Timestamp};

/// Who acted on an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum AuditActor {
    Agent {
        id: AgentId,
    },
    AccessKey {
        id: Uuid,
    },
    /// A platform admin.
    Operator {
        id: AgentId,
    },
    /// A platform admin who acted as the account's guest agent.
    Delegate {
        id: AgentId,
    },
    /// The service itself, or a person without a credential.
    System,
}

impl AuditActor {
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Agent { .. } => "agent",
            Self::AccessKey { .. } => "accesskey",
            Self::Operator { .. } => "operator",
            Self::Delegate { .. } => "delegate",
            Self::System => "system",
        }
    }

    pub const fn id(&self) -> Option<Uuid> {
        match self {
            Self::Agent { id } | Self::Operator { id } | Self::Delegate { id } => Some(id.0),
            Self::AccessKey { id } => Some(*id),
            Self::System => None,
        }
    }

    /// Whether a platform admin acts as such or as a guest agent. All its changes of an account that is not terminal
    /// have entries, except the deletion and the repairs of a restore run.
    pub const fn is_platform_admin(&self) -> bool {
        matches!(self, Self::Operator { .. } | Self::Delegate { .. })
    }
}

/// The actor of a request about the principal's own account. The routes of platform admins use `Operator` instead.
impl From<&Principal> for AuditActor {
    fn from(principal: &Principal) -> Self {
        match principal {
            Principal::Agent { agent, .. } => Self::Agent { id: agent.id },
            Principal::Key(key) => Self::AccessKey { id: key.id },
            Principal::Delegate { operator, .. } => Self::Delegate { id: operator.agent_id },
        }
    }
}

impl From<RequestedBy> for AuditActor {
    fn from(requested_by: RequestedBy) -> Self {
        match requested_by {
            RequestedBy::Agent { agent_id, .. } => Self::Agent { id: agent_id },
            RequestedBy::Key { key_id } => Self::AccessKey { id: key_id },
            RequestedBy::PlatformAdmin { operator: Some(operator) } => {
                Self::Operator { id: operator.agent_id }
            }
            // Nobody can confirm such a request, so no entry has this actor.
            RequestedBy::PlatformAdmin { operator: None } | RequestedBy::Unknown => Self::System,
        }
    }
}

/// One entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub customer_id: CustomerId,
    pub id: Uuid,
    /// What happened, such as `customer_frozen`. An entry of an earlier release has none: it is a delegation.
    #[serde(rename = "type", default = "delegation")]
    pub entry_type: String,
    #[serde(default)]
    pub who: Option<AuditActor>,
    /// The IP address that the request came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    #[serde(default)]
    pub resource: Option<AuditedResource>,
    #[serde(default)]
    pub detail: AuditDetail,
    /// The platform admin in an entry of an earlier release.
    #[serde(default, skip_serializing)]
    pub operator: Option<AgentId>,
    /// The reason in an entry of an earlier release.
    #[serde(default, skip_serializing)]
    pub reason: Option<String>,
    pub tm_create: Timestamp,
}

/// The type of an entry about a platform admin who acts as the guest agent from now on.
pub const DELEGATION: &str = "delegation";

fn delegation() -> String {
    DELEGATION.to_owned()
}

/// The row that the action is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditedResource {
    /// The noun of the row, such as `accesskey`.
    #[serde(rename = "type")]
    pub noun: String,
    pub id: Uuid,
}

/// What changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditDetail {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Status>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Status>,
    /// The names of the changed fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// The access keys that were created or deleted with the action.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accesskeys: Vec<Uuid>,
    /// The reason that a platform admin gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether a mailed link confirmed the action.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_link: bool,
}

impl AuditEntry {
    /// Who acted, also in an entry of an earlier release.
    pub fn actor(&self) -> AuditActor {
        self.who.or_else(|| self.operator.map(|id| AuditActor::Operator { id })).unwrap_or(AuditActor::System)
    }

    /// The reason that a platform admin gave, also in an entry of an earlier release.
    pub fn reason(&self) -> Option<&str> {
        self.detail.reason.as_deref().or(self.reason.as_deref())
    }
}

/// The fields of a customer that an entry may name. The others are internal, or follow from the status.
const CUSTOMER_FIELDS: [&str; 14] = [
    "name",
    "detail",
    "email",
    "phone_number",
    "address",
    "webhook_method",
    "webhook_uri",
    "webhook_event_types",
    "webhook_endpoints",
    "pending_email",
    "plan",
    "billing_account_id",
    "hold",
    "tm_deletion_scheduled",
];

/// The names of a customer's changed fields.
pub fn changed_customer_fields(before: &Customer, after: &Customer) -> Vec<String> {
    let (old, new) = (fields(before), fields(after));
    let changed = CUSTOMER_FIELDS.into_iter().filter(|name| old.get(*name) != new.get(*name));
    changed.map(str::to_owned).collect()
}

fn fields(customer: &Customer) -> Map<String, Value> {
    match serde_json::to_value(customer) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_of_an_earlier_version_is_a_delegation_by_its_operator() {
        let (customer, operator) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let stored = json!({
            "customer_id": customer, "id": Uuid::from_u128(3), "operator": operator, "reason": "the ticket 4711",
            "tm_create": 1,
        });
        let entry: AuditEntry = serde_json::from_value(stored).expect("it is readable");
        assert_eq!(entry.entry_type, DELEGATION);
        assert_eq!(entry.actor(), AuditActor::Operator { id: AgentId(operator) });
        assert_eq!(entry.reason(), Some("the ticket 4711"));
    }
}
