//! `PUT /v1.0/agents/{id}/tag_ids`: sets the tags of an agent.

use custodian_app::agents::edit;
use custodian_app::ports::{Authenticator, UpdateAgents};
use custodian_app::{Context, Failure};
use custodian_domain::Agent;
use custodian_domain::agent_fields::read_tag_ids;
use custodian_http::{ChangeableAgent, Endpoint, Request, Response, Route, Tenant};
use custodian_views::AgentView;

pub struct SetTagIds;

impl<S: Authenticator + UpdateAgents, E: Send + Sync> Endpoint<S, E> for SetTagIds {
    type Caller = Tenant<ChangeableAgent>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/agents/{id}/tag_ids")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let ChangeableAgent(agent) = caller.target;
        let tag_ids = read_tag_ids(&request.json()?)?;
        let apply = |agent: &mut Agent| {
            agent.tag_ids.clone_from(&tag_ids);
            Ok(())
        };
        let agent = edit(cx, &caller.principal, agent, apply).await?;
        Ok(Response::row(&AgentView::from(&agent)))
    }
}
