//! Agents: made, changed, removed, within the rank of who does it.

use std::time::Duration;

use custodian_domain::agent_fields::{AgentPatch, NewAgent};
use custodian_domain::profile::folded;
use custodian_domain::{
    Actor, Agent, AgentId, CustomerId, Permission, Reason, Refusal, Secret, Status, gate,
};
use uuid::Uuid;

use crate::context::Context;
use crate::create::hash_password;
use crate::failure::Failure;
use crate::ports::{
    AgentChange, AgentCreated, AgentWritten, CreateAgents, DeleteAgents, Part, ReadAgents, Throttles,
    UpdateAgents,
};
use crate::resources::missing;
use crate::retry::{Patience, Race};
use crate::scope;
use crate::sign_in::password_matches;
use crate::throttle::{attempt, password_of};

/// From when on a password that somebody else has set may confirm an immediate deletion: a stolen key must not be able to
/// make itself one and wipe the account with it.
const TRUSTED_AFTER: Duration = Duration::from_secs(86_400);
const ACTIVE: &[Status] = &[Status::Active];

/// Which agents a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub tag_ids: Option<Vec<Uuid>>,
    pub status: Option<String>,
}

impl Filter {
    const fn shows_all(&self) -> bool {
        self.tag_ids.is_none() && self.status.is_none()
    }

    fn shows(&self, agent: &Agent) -> bool {
        let tagged = |ids: &Vec<Uuid>| agent.tag_ids.iter().any(|id| ids.contains(id));
        self.tag_ids.as_ref().is_none_or(tagged)
            && self.status.as_ref().is_none_or(|status| *status == agent.status)
    }
}

/// Those of the next agents that a filter shows, newest first. Where it may hide some, many are looked at however few are
/// wanted: their number is what a list costs.
pub async fn list<S: ReadAgents, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    filter: &Filter,
    below: Option<Uuid>,
    limit: usize,
) -> Result<Part<Agent>, Failure> {
    const LOOKED_AT: usize = 100;
    let limit = if filter.shows_all() { limit } else { limit.max(LOOKED_AT) };
    let mut part = cx.store.agents(customer, below, limit).await?;
    part.rows.retain(|agent| filter.shows(agent));
    Ok(part)
}

pub async fn create<S: CreateAgents, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    actor: &Actor,
    new: NewAgent,
) -> Result<Agent, Failure> {
    actor.may_grant(new.permission)?;
    let hash = hash_password(cx, new.password).await?;
    let now = cx.now();
    let id = AgentId(cx.sources.stamp(now).uuid());
    let mut agent = Agent {
        permission: new.permission,
        tag_ids: new.tag_ids,
        addresses: new.addresses,
        password_hash: Some(hash),
        password_trusted_from: now.plus(TRUSTED_AFTER),
        ..Agent::first_admin(customer, id, &new.username, now)
    };
    new.profile.apply(&mut agent);
    let mut race = race();
    loop {
        match cx.store.create_agent(&agent).await? {
            AgentCreated::Done => return Ok(agent),
            AgentCreated::UsernameTaken => return Err(Reason::AgentAlreadyExists.into()),
            AgentCreated::Full => return Err(Reason::ResourceLimitExceeded.into()),
            AgentCreated::NoSuchTag => return Err(missing("tag_ids").into()),
            AgentCreated::Closed => why_closed(&cx.store, customer).await?,
        }
        race.again(&*cx.sources.entropy).await?;
    }
}

/// Changes an agent that `actor` may change; `edit` makes the change and may refuse it.
pub async fn edit<S: UpdateAgents, E>(
    cx: &Context<S, E>,
    actor: &Actor,
    seen: Agent,
    edit: impl Fn(&mut Agent) -> Result<(), Refusal> + Send + Sync,
) -> Result<Agent, Failure> {
    let (mut before, mut race) = (seen, race());
    loop {
        actor.may_change(&before)?;
        let mut after = before.clone();
        edit(&mut after)?;
        after.version += 1;
        after.tm_update = cx.now();
        let admins = i8::from(after.stays()) - i8::from(before.stays());
        let is_new = |id: &&Uuid| !id.is_nil() && !before.tag_ids.contains(id);
        let new_tags: Vec<Uuid> = after.tag_ids.iter().filter(is_new).copied().collect();
        let change = AgentChange {
            before: &before,
            after: &after,
            statuses: ACTIVE,
            burn: None,
            new_tags: &new_tags,
            admins,
        };
        match cx.store.update_agent(change).await? {
            AgentWritten::Done => return Ok(after),
            AgentWritten::NoSuchTag => return Err(missing("tag_ids").into()),
            AgentWritten::LastAdmin => return Err(Reason::LastAdmin.into()),
            AgentWritten::Closed => {
                why_closed(&cx.store, before.customer_id).await?;
                race.again(&*cx.sources.entropy).await?;
            }
            AgentWritten::Lost | AgentWritten::TokenGone => before = reread(cx, &mut race, &before).await?,
        }
    }
}

/// Changes name, detail and ring method; the guest keeps its name.
pub async fn describe<S: UpdateAgents, E>(
    cx: &Context<S, E>,
    actor: &Actor,
    seen: Agent,
    patch: &AgentPatch,
) -> Result<Agent, Failure> {
    edit(cx, actor, seen, |agent| {
        if patch.renames(agent) {
            unless_guest(agent)?;
        }
        patch.apply(agent);
        Ok(())
    })
    .await
}

/// Gives an agent another permission; its tokens are dead then.
pub async fn permit<S: UpdateAgents, E>(
    cx: &Context<S, E>,
    actor: &Actor,
    seen: Agent,
    permission: Permission,
) -> Result<Agent, Failure> {
    actor.may_grant(permission)?;
    let trusted_from = cx.now().plus(TRUSTED_AFTER);
    edit(cx, actor, seen, |agent| {
        unless_guest(agent)?;
        if permission.administers() && !agent.permission.administers() {
            agent.password_trusted_from = agent.password_trusted_from.max(trusted_from);
        }
        agent.permission = permission;
        agent.epoch += 1;
        Ok(())
    })
    .await
}

/// Sets a password; the agent's tokens are dead then. One's own needs the one before.
pub async fn set_password<S: UpdateAgents + Throttles, E>(
    cx: &Context<S, E>,
    actor: &Actor,
    seen: Agent,
    password: Secret,
    current: Option<Secret>,
    address: &str,
) -> Result<Agent, Failure> {
    unless_guest(&seen)?;
    actor.may_change(&seen)?;
    let own = actor.is(seen.id);
    if own {
        let missing = || Refusal::field(Reason::InvalidArgument, "current_password", "is required");
        let current = current.ok_or_else(missing)?;
        let attempt = attempt(cx, &password_of(&folded(&seen.username), address)).await?;
        if !password_matches(current, seen.password_hash.clone()).await? {
            return Err(Reason::InvalidPassword.into());
        }
        attempt.take_back(cx).await;
    }
    let (hash, proven) = (hash_password(cx, password).await?, seen.password_hash.clone());
    let now = cx.now();
    edit(cx, actor, seen, |agent| {
        if own && agent.password_hash != proven {
            return Err(Reason::InvalidPassword.into());
        }
        // Who knew the old one keeps its trust.
        if !own {
            agent.password_trusted_from = now.plus(TRUSTED_AFTER);
        }
        agent.password_hash = Some(hash.clone());
        agent.epoch += 1;
        Ok(())
    })
    .await
}

pub async fn delete<S: DeleteAgents, E>(
    cx: &Context<S, E>,
    actor: &Actor,
    seen: Agent,
) -> Result<Agent, Failure> {
    let (mut agent, mut race) = (seen, race());
    loop {
        unless_guest(&agent)?;
        actor.may_change(&agent)?;
        match cx.store.delete_agent(&agent, cx.now()).await? {
            AgentWritten::Done => return Ok(agent),
            AgentWritten::LastAdmin => return Err(Reason::LastAdmin.into()),
            AgentWritten::Closed => {
                why_closed(&cx.store, agent.customer_id).await?;
                race.again(&*cx.sources.entropy).await?;
            }
            AgentWritten::Lost | AgentWritten::TokenGone | AgentWritten::NoSuchTag => {
                agent = reread(cx, &mut race, &agent).await?;
            }
        }
    }
}

fn unless_guest(agent: &Agent) -> Result<(), Refusal> {
    if agent.guest { Err(Reason::GuestAgentProtected.into()) } else { Ok(()) }
}

async fn reread<S: ReadAgents, E>(
    cx: &Context<S, E>,
    race: &mut Race,
    agent: &Agent,
) -> Result<Agent, Failure> {
    scope::may_reread()?;
    race.again(&*cx.sources.entropy).await?;
    Ok(cx.store.agent(agent.customer_id, agent.id).await?.ok_or(Reason::AgentNotFound)?)
}

async fn why_closed<S: ReadAgents>(store: &S, customer: CustomerId) -> Result<(), Failure> {
    let row = store.customer(customer).await?.ok_or(Reason::InvalidCredentials)?;
    Ok(gate::open(&row)?)
}

fn race() -> Race {
    Race::new("the agent", Patience::Request)
}
