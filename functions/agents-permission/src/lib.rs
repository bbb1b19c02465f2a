//! `PUT /v1.0/agents/{id}/permission`: sets the permission of an agent, which revokes the agent's tokens.

use custodian_app::agents::set_permission;
use custodian_app::ports::{Authenticator, UpdateAgents};
use custodian_app::{Context, Failure};
use custodian_domain::agent_fields::read_permission;
use custodian_http::{ChangeableAgent, Endpoint, Request, Response, Route, Tenant};
use custodian_views::AgentView;

pub struct SetPermission;

impl<S: Authenticator + UpdateAgents, E: Send + Sync> Endpoint<S, E> for SetPermission {
    type Caller = Tenant<ChangeableAgent>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/agents/{id}/permission")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let ChangeableAgent(agent) = caller.target;
        let permission = read_permission(&request.json()?)?;
        let agent = set_permission(cx, &caller.principal, agent, permission).await?;
        Ok(Response::row(&AgentView::from(&agent)))
    }
}
