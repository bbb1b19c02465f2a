//! `GET /v1.0/agents`: lists the account's agents, newest first, filtered by `tag_ids` and `status`.

use custodian_app::agent_list::{Filter, list};
use custodian_app::ports::{Authenticator, ReadAgents};
use custodian_app::{Context, Failure};
use custodian_domain::agent::STATUSES;
use custodian_domain::field_problem::Values;
use custodian_domain::{FieldProblem, Reason, Refusal, ids};
use custodian_http::page::{PageRequest, row_json};
use custodian_http::{Endpoint, Request, Response, Route, Tenant};
use custodian_views::AgentView;

/// The maximum number of tags in the filter.
const MAX_TAGS: usize = 100;

pub struct ListAgents;

impl<S: Authenticator + ReadAgents, E: Send + Sync> Endpoint<S, E> for ListAgents {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/agents")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let filter = filter(request)?;
        let page_request = PageRequest::read(request, "agents")?;
        let read = |below, limit| list(cx, caller.customer_id(), &filter, below, limit);
        let page =
            page_request.fill(read, |agent| agent.id.0, |agent| row_json(&AgentView::from(agent))).await?;
        Ok(Response::json(&page))
    }
}

fn filter(request: &Request) -> Result<Filter, Refusal> {
    let tag_ids = match request.query("tag_ids") {
        None => None,
        Some(text) => {
            let read: Option<Vec<_>> = text.split(',').map(ids::parse).collect();
            let read = read.filter(|ids| ids.len() <= MAX_TAGS);
            let problem = FieldProblem::NotUuidsWithCommas { max: MAX_TAGS };
            Some(read.ok_or_else(|| Refusal::field(Reason::InvalidTagIds, "tag_ids", problem))?)
        }
    };
    let status = request.query("status").map(str::to_owned);
    if status.as_deref().is_some_and(|status| !STATUSES.contains(&status)) {
        let problem = FieldProblem::NotOneOf { values: Values(&STATUSES) };
        return Err(Refusal::field(Reason::InvalidRequestParameter, "status", problem));
    }
    Ok(Filter { tag_ids, status })
}
