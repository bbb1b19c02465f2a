//! `PUT /v1.0/agents/{id}/tag_ids`: what it is tagged with.

use custodian_app::agents::edit;
use custodian_app::ports::{Admissions, UpdateAgents, Wanted};
use custodian_app::{Context, Failure};
use custodian_domain::Agent;
use custodian_domain::AgentId;
use custodian_domain::agent_fields::read_tag_ids;
use custodian_http::view::AgentView;
use custodian_http::{Answer, Call, Endpoint, Route, Tenant};

pub struct SetTagIds;

impl<S: Admissions + UpdateAgents, E: Send + Sync> Endpoint<S, E> for SetTagIds {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/agents/{id}/tag_ids")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, |id| Wanted::Agent(AgentId(id)))
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        let seen = caller.agent(AgentId(call.id()?))?;
        let tag_ids = read_tag_ids(&call.json()?)?;
        let apply = |agent: &mut Agent| {
            agent.tag_ids.clone_from(&tag_ids);
            Ok(())
        };
        let agent = edit(cx, &caller.actor, seen, apply).await?;
        Ok(Answer::row(&AgentView::from(&agent)))
    }
}
