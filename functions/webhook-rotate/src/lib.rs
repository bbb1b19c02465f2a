//! `POST /v1.0/customer/webhook/rotate`: shows a signing secret once: the current one if nobody has seen it, else a
//! new one that replaces it.

use custodian_app::ports::{Authenticator, ReadCustomers};
use custodian_app::{Context, Failure};
use custodian_http::{Account, Active, Admin, Endpoint, NoDelegate, Request, Response, Route};
use custodian_webhooks::WebhookStore;
use custodian_webhooks::rotate_secret;

pub struct RotateSecret;

impl<S: Authenticator + WebhookStore + ReadCustomers, E: Send + Sync> Endpoint<S, E> for RotateSecret {
    type Caller = Account<NoDelegate<Admin>, Active>;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customer/webhook/rotate")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        Ok(Response::json(&rotate_secret(cx, &caller.customer).await?))
    }
}
