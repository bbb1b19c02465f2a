//! `GET /v1.0/agents/{id}`: returns one agent. Administrators and managers may read every agent, other agents only
//! themselves.

use custodian_app::ports::Authenticator;
use custodian_app::{Context, Failure};

use custodian_http::{ActivePrincipal, Endpoint, Request, Response, Route, VisibleAgent};
use custodian_views::AgentView;

pub struct GetAgent;

impl<S: Authenticator, E: Send + Sync> Endpoint<S, E> for GetAgent {
    type Caller = ActivePrincipal<VisibleAgent>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/agents/{id}")
    }

    async fn handle(
        &self,
        _: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        let VisibleAgent(agent) = caller.target;
        Ok(Response::row(&AgentView::from(&agent)))
    }
}
