//! Who acts: an agent by itself, a program by an access key, or a platform admin as a customer's guest.

use crate::reason::{Reason, Refusal};
use crate::{AccessKey, Agent, AgentId, Asker, Permission};

/// Somebody whose credential is alive.
#[derive(Clone, Debug)]
pub enum Actor {
    Agent(Agent),
    Key(AccessKey),
    Delegate { guest: Agent, operator: AgentId },
}

impl Actor {
    /// An access key acts as administrator of its customer, and so does a delegate.
    pub const fn permission(&self) -> Permission {
        match self {
            Self::Agent(agent) => agent.permission,
            Self::Key(_) | Self::Delegate { .. } => Permission::ADMIN,
        }
    }

    /// A text that tells this actor from every other one of its customer.
    pub fn principal(&self) -> String {
        match self {
            Self::Agent(agent) => format!("agent {}", agent.id),
            Self::Key(key) => format!("key {}", key.id),
            Self::Delegate { operator, .. } => format!("delegate {operator}"),
        }
    }

    /// Who asks for what is confirmed later.
    pub const fn asker(&self) -> Asker {
        match self {
            Self::Agent(agent) => Asker::Agent { agent_id: agent.id, epoch: agent.epoch },
            Self::Key(key) => Asker::Key { key_id: key.id },
            Self::Delegate { .. } => Asker::Operator,
        }
    }

    /// Whether this is the agent itself.
    pub fn is(&self, agent: AgentId) -> bool {
        matches!(self, Self::Agent(own) if own.id == agent)
    }

    /// Whoever administers or manages the account may see any agent; an agent may see itself.
    pub fn may_see(&self, agent: AgentId) -> Result<(), Refusal> {
        let allowed = self.is(agent) || self.permission().allows(Permission::ADMIN_OR_MANAGER);
        if allowed { Ok(()) } else { Err(Reason::PermissionDenied.into()) }
    }

    /// An agent may change itself; others only who sees them and does not stand below them.
    pub fn may_change(&self, agent: &Agent) -> Result<(), Refusal> {
        self.may_see(agent.id)?;
        let allowed = self.is(agent.id) || self.permission().may_handle(agent.permission);
        if allowed { Ok(()) } else { Err(Reason::PermissionDenied.into()) }
    }

    /// One grants only what is not above oneself.
    pub fn may_grant(&self, permission: Permission) -> Result<(), Refusal> {
        let allowed = self.permission().may_handle(permission);
        if allowed { Ok(()) } else { Err(Reason::PermissionDenied.into()) }
    }
}
