//! `POST /v1.0/accesskeys`: creates an access key. The response is the only place that shows the token.

use custodian_app::access_keys::create;
use custodian_app::ports::{Authenticator, CreateAccessKeys};
use custodian_app::{Context, Failure};
use custodian_domain::access_key::KeyPatch;
use custodian_http::{Account, Active, Admin, Endpoint, NoDelegate, Request, Response, Route};
use custodian_views::NewAccessKeyView;

pub struct CreateKey;

impl<S: Authenticator + CreateAccessKeys, E: Send + Sync> Endpoint<S, E> for CreateKey {
    type Caller = Account<NoDelegate<Admin>, Active>;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/accesskeys")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let patch = KeyPatch::read(&request.json()?)?;
        let made = create(cx, caller.customer_id(), &caller.principal, patch).await?;
        Ok(Response::row(&NewAccessKeyView::new(&made.key, &made.token)))
    }
}
