//! `POST /v1.0/agents`: a new agent, of at most the rank of who makes it.

use custodian_app::agents::create;
use custodian_app::ports::{Admissions, CreateAgents};
use custodian_app::{Context, Failure};
use custodian_domain::agent_fields::NewAgent;
use custodian_http::view::AgentView;
use custodian_http::{Answer, Call, Endpoint, Route, Tenant};

pub struct CreateAgent;

impl<S: Admissions + CreateAgents, E: Send + Sync> Endpoint<S, E> for CreateAgent {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/agents")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        let new = NewAgent::read(&call.json()?)?;
        let agent = create(cx, caller.customer_id(), &caller.actor, new).await?;
        Ok(Answer::row(&AgentView::from(&agent)))
    }
}
