//! `PUT /v1.0/agents/{id}/permission`: sets the permission of an agent, which revokes the agent's tokens. An
//! agent that stops being an administrator also loses, without `?keys=keep`, the keys that were made through it.

use custodian_app::agent_credentials::set_permission;
use custodian_app::ports::{Authenticator, DeleteAccessKeys, UpdateAgents};
use custodian_app::{Context, Failure};
use custodian_domain::agent_fields::read_permission;
use custodian_http::{
    Account, Active, AdminOrManager, ChangeableAgent, Endpoint, NoDelegateOrLimitedKey, Request, Response,
    Route,
};
use custodian_views::AgentView;

pub struct SetPermission;

impl<S: Authenticator + UpdateAgents + DeleteAccessKeys, E: Send + Sync> Endpoint<S, E> for SetPermission {
    type Caller = Account<NoDelegateOrLimitedKey<AdminOrManager>, Active, ChangeableAgent>;

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
        let (permission, made_keys) = (read_permission(&request.json()?)?, request.made_keys()?);
        let agent = set_permission(cx, &caller.principal, agent, permission, made_keys).await?;
        Ok(Response::row(&AgentView::from(&agent)))
    }
}
