//! The keys that are revoked together with the agent or key that made them.

use custodian_domain::access_key::MadeKeys;
use custodian_domain::{Agent, CustomerId, Reason};
use uuid::Uuid;

use crate::closed_gate;
use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{DeleteAccessKeys, KeyDeleteOutcome, KeysToRevoke, ReadAgents};
use crate::request_conditions::{self, RequestConditions};
use crate::retry::{Retry, RetryBudget};

/// How many keys the transaction that deletes or demotes their maker can delete. Each needs two of its 100 actions, and the
/// maker up to nine.
pub const MAX_REVOKED_AT_ONCE: usize = 45;

/// The keys that were made through `maker`, or `None` if they are to be kept. If they are too many for one transaction, this
/// deletes the surplus first. An interrupted request leaves the maker as it was, and its repetition revokes the rest.
pub(crate) async fn keys_to_revoke<S: DeleteAccessKeys, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    maker: Uuid,
    made_keys: MadeKeys,
) -> Result<Option<KeysToRevoke>, Failure> {
    if made_keys == MadeKeys::Keep {
        return Ok(None);
    }
    let found = cx.store.keys_made_through(customer, maker).await?;
    delete_surplus(cx, customer, maker, found).await.map(Some)
}

/// Like [`keys_to_revoke`], for an agent that is deleted or demoted. Deletes no surplus if the agent is the last administrator,
/// because that request has no effect.
pub(crate) async fn keys_of_agent_to_revoke<S: DeleteAccessKeys + ReadAgents, E>(
    cx: &Context<S, E>,
    agent: &Agent,
    made_keys: MadeKeys,
) -> Result<Option<KeysToRevoke>, Failure> {
    if made_keys == MadeKeys::Keep {
        return Ok(None);
    }
    let (customer, maker) = (agent.customer_id, agent.id.0);
    let found = cx.store.keys_made_through(customer, maker).await?;
    if found.keys.len() > MAX_REVOKED_AT_ONCE && agent.counts_as_admin() {
        require_other_admin(cx, agent).await?;
    }
    delete_surplus(cx, customer, maker, found).await.map(Some)
}

async fn require_other_admin<S: ReadAgents, E>(cx: &Context<S, E>, agent: &Agent) -> Result<(), Failure> {
    const AGENTS_PER_QUERY: usize = 100;
    let mut below = None;
    loop {
        let page = cx.store.agents(agent.customer_id, below, AGENTS_PER_QUERY).await?;
        if page.rows.iter().any(|other| other.id != agent.id && other.is_named_admin()) {
            return Ok(());
        }
        below = page.next;
        if below.is_none() {
            return Err(Reason::LastAdmin.into());
        }
    }
}

async fn delete_surplus<S: DeleteAccessKeys, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    maker: Uuid,
    mut found: KeysToRevoke,
) -> Result<KeysToRevoke, Failure> {
    let mut retry = Retry::new("the access keys", RetryBudget::Short);
    loop {
        let Some(surplus) = found.keys.get(MAX_REVOKED_AT_ONCE..).filter(|keys| !keys.is_empty()) else {
            return Ok(found);
        };
        for key in surplus {
            // The deletion is not yet the effect of the request, so the request's conditions do not apply to it. A key that
            // changed meanwhile is found again.
            let deletion = cx.store.delete_access_key(key, None, cx.now());
            let outcome = request_conditions::with_conditions(RequestConditions::default(), deletion).await?;
            if outcome == KeyDeleteOutcome::GateClosed {
                closed_gate::recheck_status(&cx.store, customer).await?;
            }
        }
        retry.wait(&*cx.providers.entropy).await?;
        found = cx.store.keys_made_through(customer, maker).await?;
    }
}
