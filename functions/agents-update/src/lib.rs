//! `PUT /v1.0/agents/{id}`: changes the name, detail and ring method of an agent.

use custodian_app::agents::update;
use custodian_app::ports::{Authenticator, Prefetch, UpdateAgents};
use custodian_app::{Context, Failure};
use custodian_domain::AgentId;
use custodian_domain::agent_fields::AgentPatch;
use custodian_http::{ActivePrincipal, Endpoint, Request, Response, Route};
use custodian_views::AgentView;

pub struct UpdateAgent;

impl<S: Authenticator + UpdateAgents, E: Send + Sync> Endpoint<S, E> for UpdateAgent {
    type Caller = ActivePrincipal;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/agents/{id}")
    }

    fn prefetch(&self, request: &Request) -> Prefetch {
        request.prefetch(|id| Prefetch::Agent(AgentId(id)))
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let agent = caller.agent(AgentId(request.id()?))?;
        let patch = AgentPatch::read(&request.json()?)?;
        let agent = update(cx, &caller.principal, agent, &patch).await?;
        Ok(Response::row(&AgentView::from(&agent)))
    }
}
