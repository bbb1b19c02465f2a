//! `GET /v1.0/agents`: the account's agents, newest first; `tag_ids` and `status` choose among them.

use custodian_app::agents::{Filter, list};
use custodian_app::ports::{Admissions, ReadAgents};
use custodian_app::{Context, Failure};
use custodian_domain::agent::STATUSES;
use custodian_domain::{Reason, Refusal, ids};
use custodian_http::page::{PageRequest, shown};
use custodian_http::view::AgentView;
use custodian_http::{Answer, Call, Endpoint, Route, Tenant};

pub struct ListAgents;

impl<S: Admissions + ReadAgents, E: Send + Sync> Endpoint<S, E> for ListAgents {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/agents")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        let filter = filter(call)?;
        let wanted = PageRequest::read(call, "agents")?;
        let read = |below, limit| list(cx, caller.customer_id(), &filter, below, limit);
        let page = wanted.fill(read, |agent| agent.id.0, |agent| shown(&AgentView::from(agent))).await?;
        Ok(Answer::json(&page))
    }
}

fn filter(call: &Call) -> Result<Filter, Refusal> {
    let tag_ids = match call.query("tag_ids") {
        None => None,
        Some(text) => {
            let read: Option<Vec<_>> = text.split(',').map(ids::parse).collect();
            let read = read.filter(|ids| ids.len() <= 100);
            let wrong = || {
                let what = "must be 1 to 100 UUIDs with commas between them";
                Refusal::field(Reason::InvalidTagIds, "tag_ids", what)
            };
            Some(read.ok_or_else(wrong)?)
        }
    };
    let status = call.query("status").map(str::to_owned);
    if status.as_deref().is_some_and(|status| !STATUSES.contains(&status)) {
        let what = "is no status of an agent";
        return Err(Refusal::field(Reason::InvalidRequestParameter, "status", what));
    }
    Ok(Filter { tag_ids, status })
}
