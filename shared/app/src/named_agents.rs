//! Finds the agents that an entered text names, at sign-in and for a forgotten password.

use custodian_domain::ids::PLATFORM;
use custodian_domain::precis::username_key;
use custodian_domain::{Agent, AgentId, Customer, CustomerId};
use futures::future::try_join_all;
use uuid::Uuid;

use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{Authenticator, FindNames, Prefetch, PrincipalId};

/// An agent other than the guest agent, and its account, which is not terminal.
#[derive(Clone, Debug)]
pub struct NamedAgent {
    pub customer: Customer,
    pub agent: Agent,
    /// Whether the text is the account's confirmed e-mail address, and the agent is the account's owner.
    pub by_email: bool,
}

/// The agents that a text names: the owner of the account that confirmed this e-mail address, then the agent whose username an
/// earlier release stored unprepared, then the agent with the prepared username. The address comes first, because an account
/// verifies its address but not its agents' usernames.
pub async fn named_agents<S: FindNames + Authenticator, E>(
    cx: &Context<S, E>,
    text: &str,
) -> Result<Vec<NamedAgent>, Failure> {
    let holders = cx.store.name_holders(text).await?;
    let by_email = holders.email.and_then(|holder| Some((holder.customer, holder.owner?)));
    let usernames = [holders.unprepared_username, holders.username];
    let by_username = usernames.into_iter().flatten().filter(|agent| Some(*agent) != by_email);
    let mut reads = by_email.into_iter().chain(by_username).map(|ids| read(cx, ids)).collect::<Vec<_>>();
    if reads.is_empty() {
        // An unknown name reads as many rows as the name of one agent, so the response time does not reveal it.
        reads.push(read(cx, (PLATFORM, AgentId(Uuid::nil()))));
    }
    let address = username_key(text);
    let found = try_join_all(reads).await?.into_iter().flatten();
    let named = found.filter_map(|(customer, agent)| {
        let named = NamedAgent { by_email: Some((customer.id, agent.id)) == by_email, customer, agent };
        let is_confirmed = named.by_email && named.customer.has_confirmed_email(&address);
        let has_username = usernames.contains(&Some((named.customer.id, named.agent.id)));
        (is_confirmed || has_username).then_some(NamedAgent { by_email: is_confirmed, ..named })
    });
    Ok(named.collect())
}

async fn read<S: Authenticator, E>(
    cx: &Context<S, E>,
    (customer, agent): (CustomerId, AgentId),
) -> Result<Option<(Customer, Agent)>, Failure> {
    let read =
        cx.store.auth_context(customer, PrincipalId::Agent { id: agent, key: None }, Prefetch::None).await?;
    let customer = read.customer.filter(|customer| !customer.status().is_terminal());
    Ok(customer.zip(read.principal.into_agent().filter(|agent| !agent.guest)))
}
