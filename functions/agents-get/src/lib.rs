//! `GET /v1.0/agents/{id}`: returns one agent. Administrators and managers may read every agent, other agents only
//! themselves.

use custodian_app::ports::{Authenticator, Prefetch};
use custodian_app::{Context, Failure};

use custodian_domain::AgentId;
use custodian_http::{ActivePrincipal, Endpoint, Request, Response, Route};
use custodian_views::AgentView;

pub struct GetAgent;

impl<S: Authenticator, E: Send + Sync> Endpoint<S, E> for GetAgent {
    type Caller = ActivePrincipal;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/agents/{id}")
    }

    fn prefetch(&self, request: &Request) -> Prefetch {
        request.prefetch(|id| Prefetch::Agent(AgentId(id)))
    }

    async fn handle(
        &self,
        _: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let agent = caller.agent(AgentId(request.id()?))?;
        Ok(Response::row(&AgentView::from(&agent)))
    }
}
