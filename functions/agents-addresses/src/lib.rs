//! `PUT /v1.0/agents/{id}/addresses`: where it can be reached.

use custodian_app::agents::edit;
use custodian_app::ports::{Admissions, UpdateAgents, Wanted};
use custodian_app::{Context, Failure};
use custodian_domain::Agent;
use custodian_domain::AgentId;
use custodian_domain::agent_fields::read_addresses;
use custodian_http::view::AgentView;
use custodian_http::{Answer, Call, Endpoint, Route, Tenant};

pub struct SetAddresses;

impl<S: Admissions + UpdateAgents, E: Send + Sync> Endpoint<S, E> for SetAddresses {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/agents/{id}/addresses")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, |id| Wanted::Agent(AgentId(id)))
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        let seen = caller.agent(AgentId(call.id()?))?;
        let addresses = read_addresses(&call.json()?)?;
        let apply = |agent: &mut Agent| {
            agent.addresses.clone_from(&addresses);
            Ok(())
        };
        let agent = edit(cx, &caller.actor, seen, apply).await?;
        Ok(Answer::row(&AgentView::from(&agent)))
    }
}
