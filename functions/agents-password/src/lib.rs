//! `PUT /v1.0/agents/{id}/password`: sets the password of an agent. An agent that changes its own password must
//! send `current_password`.

use custodian_app::agent_credentials::set_password;
use custodian_app::ports::{Authenticator, Throttle, UpdateAgents};
use custodian_app::{Context, Failure};
use custodian_domain::agent_fields::read_password;
use custodian_http::{
    Account, Active, AnyPrincipal, ChangeableAgent, Endpoint, NoDelegateOrLimitedKey, Request, Response,
    Route,
};
use custodian_views::AgentView;

pub struct SetPassword;

impl<S: Authenticator + Throttle + UpdateAgents, E: Send + Sync> Endpoint<S, E> for SetPassword {
    type Caller = Account<NoDelegateOrLimitedKey<AnyPrincipal>, Active, ChangeableAgent>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/agents/{id}/password")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let ChangeableAgent(agent) = caller.target;
        let (password, current) = read_password(&request.json()?)?;
        let agent = set_password(cx, &caller.principal, agent, password, current, &request.client_ip).await?;
        Ok(Response::row(&AgentView::from(&agent)))
    }
}
