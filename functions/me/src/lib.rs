//! `GET /v1.0/me`: the calling agent. An access key answers as its customer's guest agent.

use custodian_app::ports::{Admissions, ReadAgents};
use custodian_app::{Context, Failure};
use custodian_domain::{Actor, Reason};
use custodian_http::view::AgentView;
use custodian_http::{Account, Answer, AnyAgent, Call, Endpoint, Open, Route};

pub struct Me;

impl<S: Admissions + ReadAgents, E: Send + Sync> Endpoint<S, E> for Me {
    type Caller = Account<AnyAgent, Open>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/me")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, _: &Call) -> Result<Answer, Failure> {
        let agent = match caller.actor {
            Actor::Agent(agent) | Actor::Delegate { guest: agent, .. } => agent,
            Actor::Key(_) => {
                let guest = cx.store.agent(caller.customer.id, caller.customer.guest_id).await?;
                guest.ok_or(Reason::AgentNotFound)?
            }
        };
        Ok(Answer::row(&AgentView::from(&agent)))
    }
}
