//! `POST /v1.0/agents`: creates an agent, with at most the caller's own rank.

use custodian_app::agents::create;
use custodian_app::ports::{Authenticator, CreateAgents, ReadThrottles, Throttle};
use custodian_app::{Context, Failure};
use custodian_domain::agent_fields::NewAgent;
use custodian_http::{
    Account, Active, AdminOrManager, Endpoint, NoDelegateOrLimitedKey, Request, Response, Route,
};
use custodian_views::AgentView;

pub struct CreateAgent;

impl<S, E: Send + Sync> Endpoint<S, E> for CreateAgent
where
    S: Authenticator + CreateAgents + Throttle + ReadThrottles,
{
    type Caller = Account<NoDelegateOrLimitedKey<AdminOrManager>, Active>;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/agents")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let new = NewAgent::read(&request.json()?)?;
        let agent = create(cx, caller.customer_id(), &caller.principal, new).await?;
        Ok(Response::row(&AgentView::from(&agent)))
    }
}
