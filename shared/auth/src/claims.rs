//! The claims of a token: who signed in, and what revokes the token.

use custodian_domain::{Agent, AgentId, Customer, CustomerId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    #[serde(rename = "sub")]
    pub agent_id: AgentId,
    pub customer_id: CustomerId,
    pub customer_epoch: u64,
    pub agent_epoch: u64,
    /// The platform admin who acts as this guest agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorClaim>,
    /// The access key on which the agent's password or permission depends. The token is valid only while the key is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<Uuid>,
}

impl Claims {
    /// The claims of an agent who signs in.
    pub fn of_login(customer: &Customer, agent: &Agent) -> Self {
        Self {
            agent_id: agent.id,
            customer_id: customer.id,
            customer_epoch: customer.epoch,
            agent_epoch: agent.epoch,
            operator: None,
            key_id: agent.depends_on_key(),
        }
    }
}

/// The platform admin who acts as a guest agent. Revoking the admin's own tokens also revokes this token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorClaim {
    pub customer_id: CustomerId,
    pub agent_id: AgentId,
    pub agent_epoch: u64,
}
