//! `PUT /v1.0/agents/{id}/password`: its password; one's own needs the one before, as `current_password`.

use custodian_app::agents::set_password;
use custodian_app::ports::{Admissions, Throttles, UpdateAgents, Wanted};
use custodian_app::{Context, Failure};
use custodian_domain::AgentId;
use custodian_domain::agent_fields::read_password;
use custodian_http::view::AgentView;
use custodian_http::{Account, Answer, AnyAgent, Call, Endpoint, Open, Route};

pub struct SetPassword;

impl<S: Admissions + Throttles + UpdateAgents, E: Send + Sync> Endpoint<S, E> for SetPassword {
    type Caller = Account<AnyAgent, Open>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/agents/{id}/password")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, |id| Wanted::Agent(AgentId(id)))
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        let seen = caller.agent(AgentId(call.id()?))?;
        let (password, current) = read_password(&call.json()?)?;
        let agent = set_password(cx, &caller.actor, seen, password, current, &call.address).await?;
        Ok(Answer::row(&AgentView::from(&agent)))
    }
}
