//! `PUT /v1.0/agents/{id}/addresses`: sets the addresses where an agent can be called.

use custodian_app::agents::edit;
use custodian_app::ports::{Authenticator, UpdateAgents};
use custodian_app::{Context, Failure};
use custodian_domain::Agent;
use custodian_domain::agent_fields::read_addresses;
use custodian_http::{ChangeableAgent, Endpoint, Request, Response, Route, Tenant};
use custodian_views::AgentView;

pub struct SetAddresses;

impl<S: Authenticator + UpdateAgents, E: Send + Sync> Endpoint<S, E> for SetAddresses {
    type Caller = Tenant<ChangeableAgent>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/agents/{id}/addresses")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let ChangeableAgent(agent) = caller.target;
        let addresses = read_addresses(&request.json()?)?;
        let apply = |agent: &mut Agent| {
            agent.addresses.clone_from(&addresses);
            Ok(())
        };
        let agent = edit(cx, &caller.principal, agent, apply).await?;
        Ok(Response::row(&AgentView::from(&agent)))
    }
}
