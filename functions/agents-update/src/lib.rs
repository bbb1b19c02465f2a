//! `PUT /v1.0/agents/{id}`: changes the name, detail and ring method of an agent.

use custodian_app::agents::update;
use custodian_app::ports::{Authenticator, UpdateAgents};
use custodian_app::{Context, Failure};
use custodian_domain::agent_fields::AgentPatch;
use custodian_http::{ActivePrincipal, ChangeableAgent, Endpoint, Request, Response, Route};
use custodian_views::AgentView;

pub struct UpdateAgent;

impl<S: Authenticator + UpdateAgents, E: Send + Sync> Endpoint<S, E> for UpdateAgent {
    type Caller = ActivePrincipal<ChangeableAgent>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/agents/{id}")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let ChangeableAgent(agent) = caller.target;
        let patch = AgentPatch::read(&request.json()?)?;
        let agent = update(cx, &caller.principal, agent, &patch).await?;
        Ok(Response::row(&AgentView::from(&agent)))
    }
}
