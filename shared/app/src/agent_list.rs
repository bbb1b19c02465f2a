//! Lists the agents of an account.

use custodian_domain::{Agent, CustomerId};
use uuid::Uuid;

use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{QueryPage, ReadAgents};

/// The filter of an agent list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub tag_ids: Option<Vec<Uuid>>,
    pub status: Option<String>,
}

impl Filter {
    const fn is_empty(&self) -> bool {
        self.tag_ids.is_none() && self.status.is_none()
    }

    fn matches(&self, agent: &Agent) -> bool {
        let tagged = |ids: &Vec<Uuid>| agent.tag_ids.iter().any(|id| ids.contains(id));
        self.tag_ids.as_ref().is_none_or(tagged)
            && self.status.as_ref().is_none_or(|status| *status == agent.status)
    }
}

/// Agents that match a filter, newest first. With a filter, one query reads many agents even if the page is small, because
/// every query costs a round trip.
pub async fn list<S: ReadAgents, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    filter: &Filter,
    below: Option<Uuid>,
    limit: usize,
) -> Result<QueryPage<Agent>, Failure> {
    const FILTERED_READ_LIMIT: usize = 100;
    let limit = if filter.is_empty() { limit } else { limit.max(FILTERED_READ_LIMIT) };
    let mut page = cx.store.agents(customer, below, limit).await?;
    page.rows.retain(|agent| filter.matches(agent));
    Ok(page)
}
