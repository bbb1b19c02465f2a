//! What lets a caller in: one consistent read of the customer and the agent that the credential names (and of the row that
//! the endpoint wants), in which everything a credential can die of is seen: status, both epochs, a removed agent. If the
//! read fails, nobody is let in.

use custodian_app::ports::{Admissions, Wanted};
use custodian_app::{Context, Failure, ignore, log};
use custodian_domain::{
    AccessKey, Actor, Agent, AgentId, Customer, Permission, Reason, Refusal, Resource, Timestamp,
};

use crate::Call;
use crate::credential::{self, Named};

pub(crate) fn permit(actor: &Actor, needed: Permission) -> Result<(), Refusal> {
    if actor.permission().allows(needed) { Ok(()) } else { Err(Reason::PermissionDenied.into()) }
}

/// Rows of the caller's own customer that were read along.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) resource: Option<Resource>,
    pub(crate) key: Option<AccessKey>,
    pub(crate) agent: Option<Agent>,
}

impl Found {
    pub(crate) fn version(&self) -> Option<u64> {
        let resource = self.resource.as_ref().map(|row| row.version);
        let key = self.key.as_ref().map(|key| key.version);
        resource.or(key).or_else(|| self.agent.as_ref().map(|agent| agent.version))
    }
}

/// A caller whose credential is alive, and what was read along.
pub(crate) struct Authenticated {
    pub(crate) customer: Customer,
    pub(crate) actor: Actor,
    pub(crate) wanted_customer: Option<Customer>,
    pub(crate) found: Found,
}

pub(crate) async fn authenticate<S: Admissions, E: Sync>(
    cx: &Context<S, E>,
    call: &Call,
    wanted: Wanted,
) -> Result<Authenticated, Failure> {
    let credential = credential::find(call).ok_or(Reason::AuthenticationRequired)?;
    let now = cx.now();
    let named = Named::read(cx, credential, now).await?;
    let read = cx.store.admission(named.customer_id(), named.principal(), wanted).await?;
    let found = Found {
        resource: read.wanted_resource.clone(),
        key: read.wanted_key.clone(),
        agent: read.wanted_agent.clone(),
    };
    let wanted_customer = read.wanted_customer.clone();
    let (customer, actor) = named.alive(read, now).ok_or(Reason::InvalidCredentials)?;
    note_use(cx, &actor, now).await;
    if let Actor::Delegate { operator, .. } = &actor {
        note_operator(*operator);
    }
    log::concerns(customer.id);
    Ok(Authenticated { customer, actor, wanted_customer, found })
}

/// The log says which platform admin was at work, on accounts or as the guest of one.
pub(crate) fn note_operator(id: AgentId) {
    tracing::Span::current().record("operator_id", tracing::field::display(id));
}

/// The day of a key's last use is written once a day.
async fn note_use<S: Admissions, E: Sync>(cx: &Context<S, E>, actor: &Actor, now: Timestamp) {
    let Actor::Key(key) = actor else { return };
    let day = now.start_of_day();
    if key.tm_last_used != Some(day) {
        ignore(
            cx.store.note_use(key, day).await,
            "the day of last use is a hint, and the next call notes it again",
        );
    }
}
