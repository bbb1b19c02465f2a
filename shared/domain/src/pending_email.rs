//! A new e-mail address that waits for its confirmation, and who requested it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Agent, AgentId, Timestamp};

/// A new e-mail address that waits for its confirmation. It reserves nothing: another account may confirm it first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingEmail {
    pub address: String,
    /// Until this time, the mailed link is valid.
    #[serde(rename = "ends")]
    pub tm_expire: Timestamp,
    #[serde(rename = "asked_by")]
    pub requested_by: RequestedBy,
}

/// The credential that requested a new e-mail address. Revoking the session or key cancels the request. A new password, a
/// sign-out or the deletion of the key therefore stops an attacker who requested the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "lowercase")]
pub enum RequestedBy {
    /// An agent. A later epoch of the agent cancels the request.
    Agent {
        agent_id: AgentId,
        epoch: u64,
        /// The key on which the agent's session depends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key_id: Option<Uuid>,
    },
    Key {
        key_id: Uuid,
    },
    /// A platform admin. `None` for requests of earlier releases, which cannot be confirmed.
    #[serde(rename = "operator")]
    PlatformAdmin {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator: Option<OperatorSession>,
    },
    /// A kind of requester that a newer version of this service wrote. This version cannot confirm its request.
    #[serde(other)]
    Unknown,
}

/// A platform admin, and its epoch at a request. A later epoch of the admin cancels the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorSession {
    pub agent_id: AgentId,
    pub epoch: u64,
}

impl From<&Agent> for OperatorSession {
    fn from(operator: &Agent) -> Self {
        Self { agent_id: operator.id, epoch: operator.epoch }
    }
}

impl PendingEmail {
    /// How long a new address can be confirmed.
    pub const LIFETIME: Duration = Duration::from_secs(24 * 3600);
}
