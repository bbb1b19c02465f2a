//! `PUT /v1.0/agents/{id}`: its name, detail and ring method.

use custodian_app::agents::describe;
use custodian_app::ports::{Admissions, UpdateAgents, Wanted};
use custodian_app::{Context, Failure};
use custodian_domain::AgentId;
use custodian_domain::agent_fields::AgentPatch;
use custodian_http::view::AgentView;
use custodian_http::{Account, Answer, AnyAgent, Call, Endpoint, Open, Route};

pub struct UpdateAgent;

impl<S: Admissions + UpdateAgents, E: Send + Sync> Endpoint<S, E> for UpdateAgent {
    type Caller = Account<AnyAgent, Open>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/agents/{id}")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, |id| Wanted::Agent(AgentId(id)))
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        let seen = caller.agent(AgentId(call.id()?))?;
        let patch = AgentPatch::read(&call.json()?)?;
        let agent = describe(cx, &caller.actor, seen, &patch).await?;
        Ok(Answer::row(&AgentView::from(&agent)))
    }
}
