//! `POST /auth/delegate`: issues a platform admin a token of eight hours for a customer's guest agent. The account's audit
//! log stores the reason.

use custodian_app::delegate::{DelegationRequest, delegate};
use custodian_app::ports::{AuditLog, Authenticator, ReadAgents, TokenSigner};
use custodian_app::{Context, Failure};
use custodian_http::{Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::DelegationView;

pub struct Delegate;

impl<S: Authenticator + ReadAgents + AuditLog, E: TokenSigner> Endpoint<S, E> for Delegate {
    type Caller = PlatformAdmin;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/delegate")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: PlatformAdmin,
        request: &Request,
    ) -> Result<Response, Failure> {
        let delegated = delegate(cx, caller.agent(), DelegationRequest::read(&request.json()?)?).await?;
        let (token, customer_id) = (delegated.token.expose(), delegated.customer_id.0);
        Ok(Response::json(&DelegationView::new(token, customer_id, delegated.expire)))
    }
}
