//! Creates, updates and deletes agents. Principals manage agents only up to their own rank.

use std::ops::ControlFlow;

use custodian_domain::access_key::MadeKeys;
use custodian_domain::agent_fields::{AgentPatch, NewAgent};
use custodian_domain::credentials::TRUST_DELAY;
use custodian_domain::{Agent, AgentId, CustomerId, Principal, Reason, Refusal, Status};
use uuid::Uuid;

use crate::closed_gate;
use crate::context::Context;
use crate::create::hash_password;
use crate::failure::Failure;
use crate::ports::{
    AgentAvailability, AgentChange, AgentCreateOutcome, AgentWriteOutcome, CreateAgents, DeleteAccessKeys,
    DeleteAgents, KeysToRevoke, ReadAgents, ReadThrottles, Throttle, UpdateAgents,
};
use crate::request_conditions;
use crate::resources::reference_not_found;
use crate::retry::{Retry, RetryBudget};
use crate::revoke_keys::keys_of_agent_to_revoke;
use crate::throttle::{count_password_hash, refuse_taken_name, require_taken_name_quota};

const ACTIVE: &[Status] = &[Status::Active];

pub async fn create<S: CreateAgents + Throttle + ReadThrottles, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    principal: &Principal,
    new: NewAgent,
) -> Result<Agent, Failure> {
    principal.may_grant(new.permission)?;
    require_available(cx, customer, &new.username).await?;
    let hash = hash_password(cx, new.password).await?;
    let now = cx.now();
    let id = AgentId(cx.providers.id_seed(now).uuid());
    let mut agent = Agent {
        permission: new.permission,
        tag_ids: new.tag_ids,
        addresses: new.addresses,
        password_trusted_from: now.plus(TRUST_DELAY),
        created_by: Some(principal.created_by()),
        ..Agent::new(customer, id, &new.username, now)
    };
    agent.set_first_password(hash, principal.key_id());
    new.profile.apply(&mut agent);
    let mut retry = retry();
    loop {
        match cx.store.create_agent(&agent, principal).await? {
            AgentCreateOutcome::Done => return Ok(agent),
            AgentCreateOutcome::UsernameTaken => {
                return Err(refuse_taken_name(cx, customer, Reason::AgentAlreadyExists).await);
            }
            AgentCreateOutcome::LimitReached => return Err(Reason::ResourceLimitExceeded.into()),
            AgentCreateOutcome::CallerRevoked => return Err(Reason::InvalidCredentials.into()),
            AgentCreateOutcome::TagNotFound => return Err(reference_not_found("tag_ids").into()),
            AgentCreateOutcome::GateClosed => closed_gate::recheck_status(&cx.store, customer).await?,
        }
        retry.wait(&*cx.providers.entropy).await?;
    }
}

/// Refuses a taken username, and an account at its limit, before the agent's password is hashed.
async fn require_available<S: CreateAgents + Throttle + ReadThrottles, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    username: &str,
) -> Result<(), Failure> {
    // Concurrently, to save round trips. So a refused request counts as a hash, too.
    let (availability, (), ()) = futures::try_join!(
        cx.store.agent_availability(customer, username),
        require_taken_name_quota(cx, customer),
        count_password_hash(cx, customer),
    )?;
    match availability {
        AgentAvailability::Available => Ok(()),
        AgentAvailability::LimitReached => Err(Reason::ResourceLimitExceeded.into()),
        AgentAvailability::UsernameTaken => {
            Err(refuse_taken_name(cx, customer, Reason::AgentAlreadyExists).await)
        }
    }
}

/// Changes an agent. `edit` gets a copy of the agent and changes it, or refuses the change. If another write changed the agent
/// meanwhile, `edit` runs again on the newer row. The principal needs at least the agent's rank.
pub async fn edit<S: UpdateAgents, E>(
    cx: &Context<S, E>,
    principal: &Principal,
    agent: Agent,
    edit: impl Fn(&mut Agent) -> Result<(), Refusal> + Send + Sync,
) -> Result<Agent, Failure> {
    let (mut before, mut retry) = (agent, retry());
    loop {
        match try_edit(cx, principal, before, &edit, None, &mut retry).await? {
            ControlFlow::Break(after) => return Ok(after),
            ControlFlow::Continue(agent) => before = agent,
        }
    }
}

/// Tries once to change an agent and to revoke these keys with it. Returns `Break` with the changed agent, or `Continue` with the
/// row with which the caller must try again.
pub(crate) async fn try_edit<S: UpdateAgents, E>(
    cx: &Context<S, E>,
    principal: &Principal,
    before: Agent,
    edit: &(impl Fn(&mut Agent) -> Result<(), Refusal> + Send + Sync),
    revoked: Option<&KeysToRevoke>,
    retry: &mut Retry,
) -> Result<ControlFlow<Agent, Agent>, Failure> {
    principal.may_change(&before)?;
    if principal.is_revoked_by(&before) {
        return Err(Reason::InvalidCredentials.into());
    }
    let mut after = before.clone();
    edit(&mut after)?;
    after.version += 1;
    after.tm_update = cx.now();
    let admin_delta = i8::from(after.counts_as_admin()) - i8::from(before.counts_as_admin());
    let is_new = |id: &&Uuid| !id.is_nil() && !before.tag_ids.contains(id);
    let new_tags: Vec<Uuid> = after.tag_ids.iter().filter(is_new).copied().collect();
    let change = AgentChange::new(&before, &after, ACTIVE);
    // Only a new epoch changes a credential. A transaction may contain a row only once, and the conditions on the agent and on
    // the revoked keys cover a caller that is this agent or one of these keys. If the caller is an agent that depends on one of
    // these keys, they cover only the key. That is enough: keys are revoked with a demotion, which gives nobody a credential.
    let is_covered = principal.is_agent(before.id)
        || revoked.is_some_and(|revoked| revoked.keys.iter().any(|key| principal.key_id() == Some(key.id)));
    let caller = Some(principal).filter(|_| after.epoch != before.epoch && !is_covered);
    let change = AgentChange { new_tags: &new_tags, admin_delta, revoked, caller, ..change };
    match cx.store.update_agent(change).await? {
        AgentWriteOutcome::Done => Ok(ControlFlow::Break(after)),
        AgentWriteOutcome::TagNotFound => Err(reference_not_found("tag_ids").into()),
        AgentWriteOutcome::LastAdmin => Err(Reason::LastAdmin.into()),
        AgentWriteOutcome::CallerRevoked => Err(Reason::InvalidCredentials.into()),
        AgentWriteOutcome::GateClosed => {
            closed_gate::recheck_status(&cx.store, before.customer_id).await?;
            retry.wait(&*cx.providers.entropy).await?;
            Ok(ControlFlow::Continue(before))
        }
        AgentWriteOutcome::KeysChanged => {
            retry.wait(&*cx.providers.entropy).await?;
            Ok(ControlFlow::Continue(before))
        }
        AgentWriteOutcome::Stale | AgentWriteOutcome::TokenUsed => {
            reread(cx, retry, &before).await.map(ControlFlow::Continue)
        }
    }
}

/// Changes name, detail and ring method. The guest agent cannot be renamed.
pub async fn update<S: UpdateAgents, E>(
    cx: &Context<S, E>,
    principal: &Principal,
    agent: Agent,
    patch: &AgentPatch,
) -> Result<Agent, Failure> {
    edit(cx, principal, agent, |agent| {
        patch.require_same_username(agent)?;
        if patch.renames(agent) {
            refuse_guest(agent)?;
        }
        patch.apply(agent);
        Ok(())
    })
    .await
}

/// Deletes an agent and, unless they are to be kept, the keys that were made through it.
pub async fn delete<S: DeleteAgents + DeleteAccessKeys, E>(
    cx: &Context<S, E>,
    principal: &Principal,
    agent: Agent,
    made_keys: MadeKeys,
) -> Result<Agent, Failure> {
    let (mut agent, mut retry) = (agent, retry());
    loop {
        refuse_guest(&agent)?;
        principal.may_change(&agent)?;
        let revoked = keys_of_agent_to_revoke(cx, &agent, made_keys).await?;
        match cx.store.delete_agent(&agent, revoked.as_ref(), cx.now()).await? {
            AgentWriteOutcome::Done => return Ok(agent),
            AgentWriteOutcome::LastAdmin => return Err(Reason::LastAdmin.into()),
            AgentWriteOutcome::GateClosed => {
                closed_gate::recheck_status(&cx.store, agent.customer_id).await?;
                retry.wait(&*cx.providers.entropy).await?;
            }
            AgentWriteOutcome::KeysChanged => retry.wait(&*cx.providers.entropy).await?,
            AgentWriteOutcome::Stale
            | AgentWriteOutcome::TokenUsed
            | AgentWriteOutcome::TagNotFound
            | AgentWriteOutcome::CallerRevoked => {
                agent = reread(cx, &mut retry, &agent).await?;
            }
        }
    }
}

pub(crate) fn refuse_guest(agent: &Agent) -> Result<(), Refusal> {
    if agent.guest { Err(Reason::GuestAgentProtected.into()) } else { Ok(()) }
}

async fn reread<S: ReadAgents, E>(
    cx: &Context<S, E>,
    retry: &mut Retry,
    agent: &Agent,
) -> Result<Agent, Failure> {
    request_conditions::permit_reread()?;
    retry.wait(&*cx.providers.entropy).await?;
    Ok(cx.store.agent(agent.customer_id, agent.id).await?.ok_or(Reason::AgentNotFound)?)
}

pub(crate) fn retry() -> Retry {
    Retry::new("the agent", RetryBudget::Short)
}
