//! The principal of a request: an agent, an access key, or a platform admin who acts as a customer's guest agent.

use uuid::Uuid;

use crate::access_key::MAX_CHAIN;
use crate::caller_message::CallerMessage;
use crate::pending_email::OperatorSession;
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::{AccessKey, Agent, AgentId, CreatedBy, Permission, RequestedBy, scope};

/// The owner of a valid credential.
#[expect(clippy::large_enum_variant, reason = "a request has one value")]
#[derive(Clone, Debug)]
pub enum Principal {
    Agent {
        agent: Agent,
        /// The key without which the agent could not have signed in, see [`Agent::depends_on_key`].
        depends_on: Option<AccessKey>,
    },
    Key(AccessKey),
    Delegate {
        guest: Agent,
        operator: OperatorSession,
    },
}

impl Principal {
    /// An agent whose session depends on no key.
    pub const fn agent(agent: Agent) -> Self {
        Self::Agent { agent, depends_on: None }
    }

    /// Access keys and delegates act as administrators of their customer.
    pub const fn permission(&self) -> Permission {
        match self {
            Self::Agent { agent, .. } => agent.permission,
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
            Self::Agent { agent, .. } => format!("agent {}", agent.id),
            Self::Key(key) => format!("key {}", key.id),
            Self::Delegate { operator, .. } => format!("delegate {}", operator.agent_id),
        }
    }

    /// The requester that is stored with a change that needs confirmation.
    pub fn requested_by(&self) -> RequestedBy {
        match self {
            Self::Agent { agent, depends_on } => RequestedBy::Agent {
                agent_id: agent.id,
                epoch: agent.epoch,
                key_id: depends_on.as_ref().map(|key| key.id),
            },
            Self::Key(key) => RequestedBy::Key { key_id: key.id },
            Self::Delegate { operator, .. } => RequestedBy::PlatformAdmin { operator: Some(*operator) },
        }
    }

    /// The maker that is stored with a new key or agent.
    pub const fn created_by(&self) -> CreatedBy {
        match self {
            Self::Agent { agent, .. } => CreatedBy::Agent { id: agent.id },
            Self::Key(key) => CreatedBy::AccessKey { id: key.id },
            Self::Delegate { operator, .. } => CreatedBy::Operator { id: operator.agent_id },
        }
    }

    /// The key on whose validity this principal's credential depends. The keys and the administrators' sessions that come from this
    /// key must not be stronger than it, or valid after its expiry.
    pub const fn key(&self) -> Option<&AccessKey> {
        match self {
            Self::Key(key) => Some(key),
            Self::Agent { depends_on, .. } => depends_on.as_ref(),
            Self::Delegate { .. } => None,
        }
    }

    /// The id of [`Self::key`].
    pub fn key_id(&self) -> Option<Uuid> {
        self.key().map(|key| key.id)
    }

    /// The agents and keys through which a key of this principal is made.
    pub fn chain(&self) -> Result<Vec<Uuid>, Refusal> {
        let mut chain = self.key().map(|key| key.chain.clone()).unwrap_or_default();
        chain.extend(self.key_id());
        if let Self::Agent { agent, .. } = self {
            chain.push(agent.id.0);
        }
        if chain.len() > MAX_CHAIN {
            Err(Refusal::with_message(CallerMessage::MakerChain))
        } else {
            Ok(chain)
        }
    }

    /// Whether this is a platform admin who acts as a guest agent.
    pub const fn is_delegate(&self) -> bool {
        matches!(self, Self::Delegate { .. })
    }

    /// Whether this principal depends on a key with scopes.
    pub fn is_limited(&self) -> bool {
        self.key().is_some_and(AccessKey::is_limited)
    }

    /// Refuses a principal with a limited key if none of the key's scopes permits the route with this path.
    pub fn may_call(&self, path: &str, is_read: bool) -> Result<(), Refusal> {
        let allowed = self.key().is_none_or(|key| scope::permit(&key.scopes, path, is_read));
        if allowed { Ok(()) } else { Err(Refusal::with_message(CallerMessage::BeyondScopes)) }
    }

    /// A person who reads the account's mailbox can become its owner. So delegates and limited keys must not change the mailbox.
    pub fn may_change_mailbox(&self) -> Result<(), Refusal> {
        if self.is_delegate() || self.is_limited() { Err(Reason::PermissionDenied.into()) } else { Ok(()) }
    }

    /// Whether this principal is this agent, and the agent's epoch has changed since the request was authenticated. `now` is the
    /// agent's current row.
    pub fn is_revoked_by(&self, now: &Agent) -> bool {
        matches!(self, Self::Agent { agent, .. } if agent.id == now.id && agent.epoch != now.epoch)
    }

    /// Whether this principal is the agent with this id.
    pub fn is_agent(&self, id: AgentId) -> bool {
        matches!(self, Self::Agent { agent, .. } if agent.id == id)
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
