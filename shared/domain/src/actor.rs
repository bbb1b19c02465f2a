//! Who acts: an agent by itself, a program by an access key, or a platform admin as a customer's guest.

use crate::{AccessKey, Agent, AgentId, Permission};

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
}
