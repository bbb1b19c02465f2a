//! A platform admin acts as a customer's guest agent: for a while, with a reason, noted with the customer.

use std::time::Duration;

use custodian_auth::Claims;
use custodian_auth::keys::Operator;
use custodian_domain::fields::Fields;
use custodian_domain::{Agent, CustomerId, Reason, Refusal, Secret, Timestamp, gate};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{Audit, Audits, ReadAgents, Signs, Written};

/// How long a delegate's token lasts.
const LIFE: Duration = Duration::from_secs(8 * 3600);

/// What `POST /auth/delegate` is given.
#[derive(Debug)]
pub struct Delegation {
    customer_id: CustomerId,
    reason: String,
}

impl Delegation {
    /// A customer and a reason of 10 to 200 printable ASCII characters.
    pub fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let customer_id = fields.uuid("customer_id");
        let reason = fields.required_text("reason", 200);
        if customer_id.is_none() && !body.contains_key("customer_id") {
            fields.refuse("customer_id", "is required");
        }
        let printable = reason.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !reason.is_empty() && (reason.len() < 10 || !printable) {
            fields.refuse("reason", "must be 10 to 200 printable ASCII characters");
        }
        fields.finish(Self { customer_id: CustomerId(customer_id.unwrap_or_default()), reason })
    }
}

/// A token with which an operator acts as a guest.
#[derive(Debug)]
pub struct Delegated {
    pub token: Secret,
    pub customer_id: CustomerId,
    pub expire: Timestamp,
}

pub async fn delegate<S: ReadAgents + Audits, E: Signs>(
    cx: &Context<S, E>,
    operator: &Agent,
    delegation: Delegation,
) -> Result<Delegated, Failure> {
    let customer_id = delegation.customer_id;
    let delegated = sign(cx, operator, delegation).await;
    match &delegated {
        Ok(_) => tracing::info!(operator = %operator.id, %customer_id, "a platform admin acts as a guest"),
        // An account that is not there, or is gone, keeps no note.
        Err(failure) => {
            tracing::warn!(operator = %operator.id, %customer_id, %failure, "a delegation was refused")
        }
    }
    delegated
}

/// Notes the delegation with the customer and signs its token.
async fn sign<S: ReadAgents + Audits, E: Signs>(
    cx: &Context<S, E>,
    operator: &Agent,
    delegation: Delegation,
) -> Result<Delegated, Failure> {
    let customer = cx.store.customer(delegation.customer_id).await?.ok_or(Reason::CustomerNotFound)?;
    gate::living(&customer).map_err(|_| Reason::CustomerNotFound)?;
    let guest = cx.store.agent(customer.id, customer.guest_id).await?.ok_or(Reason::CustomerNotFound)?;
    let now = cx.now();
    let audit = Audit {
        customer_id: customer.id,
        id: cx.sources.stamp(now).uuid(),
        operator: operator.id,
        reason: delegation.reason,
        tm_create: now,
    };
    if cx.store.note(&audit).await? != Written::Done {
        return Err(Reason::CustomerNotFound.into());
    }
    let claims = Claims {
        agent_id: guest.id,
        customer_id: customer.id,
        customer_epoch: customer.epoch,
        agent_epoch: guest.epoch,
        operator: Some(Operator {
            customer_id: operator.customer_id,
            agent_id: operator.id,
            agent_epoch: operator.epoch,
        }),
    };
    let expire = now.plus(LIFE);
    let token = cx.ends.signer().sign(claims, now, expire);
    let token = token.ok_or_else(|| Failure::unavailable("the signer", "claims could not be written"))?;
    Ok(Delegated { token, customer_id: customer.id, expire })
}
