//! Delegation: a platform admin acts as a customer's guest agent for a limited time. The customer's audit log records the
//! admin and the reason.

use std::time::Duration;

use custodian_auth::Claims;
use custodian_auth::claims::OperatorClaim;
use custodian_domain::audit::{AuditActor, AuditDetail, DELEGATION};
use custodian_domain::fields::Fields;
use custodian_domain::kinds::AGENTS;
use custodian_domain::{Agent, CustomerId, FieldProblem, Reason, Refusal, Secret, Timestamp, account_status};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{AuditLog, ReadAgents, TokenSigner, WriteOutcome};
use crate::request_origin::AuditedAction;

/// The lifetime of a delegate's token.
const TOKEN_LIFETIME: Duration = Duration::from_secs(8 * 3600);

/// The minimum number of characters of a reason.
pub const MIN_REASON: usize = 10;
/// The maximum number of characters of a reason.
pub const MAX_REASON: usize = 200;

/// The body of `POST /auth/delegate`.
#[derive(Debug)]
pub struct DelegationRequest {
    customer_id: CustomerId,
    reason: String,
}

impl DelegationRequest {
    /// A customer and a reason of 10 to 200 printable ASCII characters.
    pub fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        fields.require("customer_id");
        let customer_id = fields.uuid("customer_id");
        let reason = fields.required_text("reason", MAX_REASON);
        let printable = reason.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !reason.is_empty() && (reason.len() < MIN_REASON || !printable) {
            fields.refuse("reason", FieldProblem::NotPrintable { min: MIN_REASON, max: MAX_REASON });
        }
        fields.finish(Self { customer_id: CustomerId(customer_id.unwrap_or_default()), reason })
    }
}

/// A token with which a platform admin acts as a guest agent.
#[derive(Debug)]
pub struct DelegatedToken {
    pub token: Secret,
    pub customer_id: CustomerId,
    pub expire: Timestamp,
}

pub async fn delegate<S: ReadAgents + AuditLog, E: TokenSigner>(
    cx: &Context<S, E>,
    operator: &Agent,
    request: DelegationRequest,
) -> Result<DelegatedToken, Failure> {
    let customer_id = request.customer_id;
    let delegated = sign(cx, operator, request).await;
    match &delegated {
        Ok(_) => tracing::info!(operator = %operator.id, %customer_id, "a platform admin acts as a guest"),
        // If the account does not exist or is terminal, its audit log has no entry and this is the only record.
        Err(failure) => {
            tracing::warn!(operator = %operator.id, %customer_id, %failure, "a delegation was refused")
        }
    }
    delegated
}

/// Records the delegation in the customer's audit log and signs the token.
async fn sign<S: ReadAgents + AuditLog, E: TokenSigner>(
    cx: &Context<S, E>,
    operator: &Agent,
    request: DelegationRequest,
) -> Result<DelegatedToken, Failure> {
    let customer = cx.store.customer(request.customer_id).await?.ok_or(Reason::CustomerNotFound)?;
    account_status::require_not_terminal(&customer).map_err(|_| Reason::CustomerNotFound)?;
    let guest = cx.store.agent(customer.id, customer.guest_id).await?.ok_or(Reason::CustomerNotFound)?;
    let now = cx.now();
    let action = AuditedAction {
        customer_id: customer.id,
        entry_type: DELEGATION.to_owned(),
        resource: (AGENTS.noun, guest.id.0),
        detail: AuditDetail { reason: Some(request.reason), ..AuditDetail::default() },
        actor: Some(AuditActor::Operator { id: operator.id }),
        hides_origin: false,
        now,
    };
    if cx.store.record_action(action).await? != WriteOutcome::Done {
        return Err(Reason::CustomerNotFound.into());
    }
    let claims = Claims {
        agent_id: guest.id,
        customer_id: customer.id,
        customer_epoch: customer.epoch,
        agent_epoch: guest.epoch,
        operator: Some(OperatorClaim {
            customer_id: operator.customer_id,
            agent_id: operator.id,
            agent_epoch: operator.epoch,
        }),
        key_id: None,
    };
    let expire = now.plus(TOKEN_LIFETIME);
    let token = cx.services.signer().sign(claims, &cx.settings.token_issuer, now, expire);
    let token = token.ok_or_else(|| Failure::unavailable("the signer", "the claims do not serialise"))?;
    Ok(DelegatedToken { token, customer_id: customer.id, expire })
}
