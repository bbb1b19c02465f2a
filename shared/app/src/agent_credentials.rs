//! Sets the passwords and permissions of agents. Both invalidate the agent's tokens.

use std::ops::ControlFlow;

use custodian_domain::access_key::MadeKeys;
use custodian_domain::credentials::TRUST_DELAY;
use custodian_domain::{Agent, FieldProblem, Permission, Principal, Reason, Refusal, Secret};

use crate::agents::{edit, refuse_guest, retry, try_edit};
use crate::context::Context;
use crate::create::hash_password;
use crate::failure::Failure;
use crate::ports::{DeleteAccessKeys, Throttle, UpdateAgents};
use crate::rate_limits::confirmation_quotas;
use crate::revoke_keys::keys_of_agent_to_revoke;
use crate::sign_in::password_matches;
use crate::throttle::{count_password_hash, reserve};

/// Sets an agent's permission. If the agent stops being an administrator, this also revokes the keys that were made through
/// it, unless they are to be kept.
pub async fn set_permission<S: UpdateAgents + DeleteAccessKeys, E>(
    cx: &Context<S, E>,
    principal: &Principal,
    agent: Agent,
    permission: Permission,
    made_keys: MadeKeys,
) -> Result<Agent, Failure> {
    principal.may_grant(permission)?;
    let trusted_from = cx.now().plus(TRUST_DELAY);
    let edit = |agent: &mut Agent| {
        refuse_guest(agent)?;
        if permission.is_admin() && !agent.permission.is_admin() {
            agent.password_trusted_from = agent.password_trusted_from.max(trusted_from);
        }
        // An agent depends on one key at most, so a key cannot promote an agent whose password another key set.
        if !agent.may_be_promoted_by(permission, principal.key_id()) {
            return Err(Reason::PermissionDenied.into());
        }
        agent.set_permission(permission, principal.key_id());
        Ok(())
    };
    let (mut before, mut retry) = (agent, retry());
    loop {
        refuse_guest(&before)?;
        principal.may_change(&before)?;
        let revoked = if before.is_demoted_by(permission) {
            keys_of_agent_to_revoke(cx, &before, made_keys).await?
        } else {
            None
        };
        match try_edit(cx, principal, before, &edit, revoked.as_ref(), &mut retry).await? {
            ControlFlow::Break(after) => return Ok(after),
            ControlFlow::Continue(agent) => before = agent,
        }
    }
}

/// Sets an agent's password. An agent that sets its own password must send the current one.
pub async fn set_password<S: UpdateAgents + Throttle, E>(
    cx: &Context<S, E>,
    principal: &Principal,
    agent: Agent,
    password: Secret,
    current: Option<Secret>,
    client_ip: &str,
) -> Result<Agent, Failure> {
    refuse_guest(&agent)?;
    principal.may_change(&agent)?;
    let own = principal.is_agent(agent.id);
    if own {
        let missing = || Refusal::field(Reason::InvalidArgument, "current_password", FieldProblem::Missing);
        let current = current.ok_or_else(missing)?;
        let reservation = reserve(cx, &confirmation_quotas(&agent.id.to_string(), client_ip)).await?;
        if !password_matches(current, agent.password_hash.clone()).await? {
            reservation.fail(cx).await;
            return Err(Reason::InvalidPassword.into());
        }
        reservation.release(cx).await;
    }
    count_password_hash(cx, agent.customer_id).await?;
    let (hash, verified) = (hash_password(cx, password).await?, agent.password_hash.clone());
    let now = cx.now();
    edit(cx, principal, agent, |agent| {
        // If the agent sent its current password, the new password can confirm a deletion as soon as the current one could, and
        // depends on the same key.
        if !own {
            agent.password_trusted_from = now.plus(TRUST_DELAY);
            agent.set_password(hash.clone(), principal.key_id());
        } else if agent.password_hash == verified {
            agent.change_password(hash.clone());
        } else {
            return Err(Reason::InvalidPassword.into());
        }
        Ok(())
    })
    .await
}
