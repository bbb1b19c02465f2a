//! `GET /v1.0/agents/{id}`: one agent; every agent may see itself.

use custodian_app::ports::{Admissions, Wanted};
use custodian_app::{Context, Failure};

use custodian_domain::AgentId;
use custodian_http::view::AgentView;
use custodian_http::{Account, Answer, AnyAgent, Call, Endpoint, Open, Route};

pub struct GetAgent;

impl<S: Admissions, E: Send + Sync> Endpoint<S, E> for GetAgent {
    type Caller = Account<AnyAgent, Open>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/agents/{id}")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, |id| Wanted::Agent(AgentId(id)))
    }

    async fn handle(&self, _: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        let seen = caller.agent(AgentId(call.id()?))?;
        Ok(Answer::row(&AgentView::from(&seen)))
    }
}
