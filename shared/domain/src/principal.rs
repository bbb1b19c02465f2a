//! The principal of a request: an agent, an access key, or a platform admin who acts as a customer's guest agent.

use crate::reason::{Reason, Refusal};
use crate::{AccessKey, Agent, AgentId, Permission, RequestedBy};

/// The owner of a valid credential.
#[derive(Clone, Debug)]
pub enum Principal {
    Agent(Agent),
    Key(AccessKey),
    Delegate { guest: Agent, operator: AgentId },
}

impl Principal {
    /// Access keys and delegates act as administrators of their customer.
    pub const fn permission(&self) -> Permission {
        match self {
            Self::Agent(agent) => agent.permission,
            Self::Key(_) | Self::Delegate { .. } => Permission::ADMIN,
        }
    }

    /// Administrators and access keys read the secrets of the account's rows, such as SIP passwords. Managers and delegates may
    /// only set them.
    pub const fn may_read_secrets(&self) -> bool {
        !matches!(self, Self::Delegate { .. }) && self.permission().allows(Permission::ADMIN)
    }

    /// A string that identifies this principal within its customer.
    pub fn label(&self) -> String {
        match self {
            Self::Agent(agent) => format!("agent {}", agent.id),
            Self::Key(key) => format!("key {}", key.id),
            Self::Delegate { operator, .. } => format!("delegate {operator}"),
        }
    }

    /// The requester that is stored with a change that needs confirmation.
    pub const fn requested_by(&self) -> RequestedBy {
        match self {
            Self::Agent(agent) => RequestedBy::Agent { agent_id: agent.id, epoch: agent.epoch },
            Self::Key(key) => RequestedBy::Key { key_id: key.id },
            Self::Delegate { .. } => RequestedBy::PlatformAdmin,
        }
    }

    /// Whether this principal is the agent with this id.
    pub fn is_agent(&self, agent: AgentId) -> bool {
        matches!(self, Self::Agent(own) if own.id == agent)
    }

    /// Administrators and managers may see every agent of the account; other agents only themselves.
    pub fn may_see(&self, agent: AgentId) -> Result<(), Refusal> {
        let allowed = self.is_agent(agent) || self.permission().allows(Permission::ADMIN_OR_MANAGER);
        if allowed { Ok(()) } else { Err(Reason::PermissionDenied.into()) }
    }

    /// An agent may change itself. Changing another agent requires at least its rank.
    pub fn may_change(&self, agent: &Agent) -> Result<(), Refusal> {
        self.may_see(agent.id)?;
        let allowed = self.is_agent(agent.id) || self.permission().may_manage(agent.permission);
        if allowed { Ok(()) } else { Err(Reason::PermissionDenied.into()) }
    }

    /// A principal grants permissions only up to its own rank.
    pub fn may_grant(&self, permission: Permission) -> Result<(), Refusal> {
        let allowed = self.permission().may_manage(permission);
        if allowed { Ok(()) } else { Err(Reason::PermissionDenied.into()) }
    }
}
