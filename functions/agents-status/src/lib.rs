//! `PUT /v1.0/agents/{id}/status`: sets the availability of an agent.

use custodian_app::agents::edit;
use custodian_app::ports::{Authenticator, UpdateAgents};
use custodian_app::{Context, Failure};
use custodian_domain::Agent;
use custodian_domain::agent_fields::read_status;
use custodian_http::{ActivePrincipal, ChangeableAgent, Endpoint, Request, Response, Route};
use custodian_views::AgentView;

pub struct SetStatus;

impl<S: Authenticator + UpdateAgents, E: Send + Sync> Endpoint<S, E> for SetStatus {
    type Caller = ActivePrincipal<ChangeableAgent>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/agents/{id}/status")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let ChangeableAgent(agent) = caller.target;
        let status = read_status(&request.json()?)?;
        let apply = |agent: &mut Agent| {
            agent.status.clone_from(&status);
            Ok(())
        };
        let agent = edit(cx, &caller.principal, agent, apply).await?;
        Ok(Response::row(&AgentView::from(&agent)))
    }
}
