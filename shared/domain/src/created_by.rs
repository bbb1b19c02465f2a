//! Who made an access key or an agent.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::AgentId;

/// The maker of an access key or an agent, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum CreatedBy {
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
    /// Nobody with a credential: the signup or the verification of the account's e-mail address.
    Signup,
    /// A kind of maker that a newer version of this service wrote. Updates leave the stored value unchanged.
    #[serde(other)]
    Unknown,
}

impl CreatedBy {
    /// The type of maker, as callers see it.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Agent { .. } => "agent",
            Self::AccessKey { .. } => "accesskey",
            Self::Operator { .. } => "operator",
            Self::Signup => "signup",
            Self::Unknown => "unknown",
        }
    }

    pub const fn id(&self) -> Option<Uuid> {
        match self {
            Self::Agent { id } | Self::Operator { id } => Some(id.0),
            Self::AccessKey { id } => Some(*id),
            Self::Signup | Self::Unknown => None,
        }
    }
}
