//! `DELETE /v1.0/agents/{id}`: removes an agent for good, but for the guest and the last administrator.

use custodian_app::agents::delete;
use custodian_app::ports::{Admissions, DeleteAgents, Wanted};
use custodian_app::{Context, Failure};
use custodian_domain::AgentId;
use custodian_http::view::AgentView;
use custodian_http::{Answer, Call, Endpoint, Route, Tenant};

pub struct DeleteAgent;

impl<S: Admissions + DeleteAgents, E: Send + Sync> Endpoint<S, E> for DeleteAgent {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("DELETE", "/v1.0/agents/{id}")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, |id| Wanted::Agent(AgentId(id)))
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        let seen = caller.agent(AgentId(call.id()?))?;
        let agent = delete(cx, &caller.actor, seen).await?;
        Ok(Answer::row(&AgentView::deleted(&agent, cx.now())))
    }
}
