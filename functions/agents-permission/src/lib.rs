//! `PUT /v1.0/agents/{id}/permission`: what it may do; its tokens are dead then.

use custodian_app::agents::permit;
use custodian_app::ports::{Admissions, UpdateAgents, Wanted};
use custodian_app::{Context, Failure};
use custodian_domain::AgentId;
use custodian_domain::agent_fields::read_permission;
use custodian_http::view::AgentView;
use custodian_http::{Answer, Call, Endpoint, Route, Tenant};

pub struct SetPermission;

impl<S: Admissions + UpdateAgents, E: Send + Sync> Endpoint<S, E> for SetPermission {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/agents/{id}/permission")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, |id| Wanted::Agent(AgentId(id)))
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        let seen = caller.agent(AgentId(call.id()?))?;
        let permission = read_permission(&call.json()?)?;
        let agent = permit(cx, &caller.actor, seen, permission).await?;
        Ok(Answer::row(&AgentView::from(&agent)))
    }
}
