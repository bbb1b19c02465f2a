//! `DELETE /v1.0/agents/{id}`: deletes an agent of at most the caller's rank and, without `?keys=keep`, the keys that were made
//! through it. The guest agent and the last administrator cannot be deleted.

use custodian_app::agents::delete;
use custodian_app::ports::{Authenticator, DeleteAccessKeys, DeleteAgents};
use custodian_app::{Context, Failure};
use custodian_http::{ChangeableAgent, Endpoint, Request, Response, Route, Tenant};
use custodian_views::AgentView;

pub struct DeleteAgent;

impl<S: Authenticator + DeleteAgents + DeleteAccessKeys, E: Send + Sync> Endpoint<S, E> for DeleteAgent {
    type Caller = Tenant<ChangeableAgent>;

    fn route(&self) -> Route {
        Route::new("DELETE", "/v1.0/agents/{id}")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let ChangeableAgent(agent) = caller.target;
        let agent = delete(cx, &caller.principal, agent, request.made_keys()?).await?;
        Ok(Response::row(&AgentView::deleted(&agent, cx.now())))
    }
}
