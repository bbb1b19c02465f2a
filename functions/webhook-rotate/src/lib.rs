//! Shows a signing secret once: the current one if nobody has seen it, else a new one that replaces it.
//! `POST /v1.0/customer/webhook/rotate` is for the first endpoint, and
//! `POST /v1.0/customer/webhook/endpoints/{id}/rotate` for any endpoint.

use custodian_app::ports::{Authenticator, ReadCustomers};
use custodian_app::{Context, Failure};
use custodian_http::{Account, Active, Admin, Endpoint, NoDelegate, OwnEndpoint, Request, Response, Route};
use custodian_webhooks::WebhookStore;
use custodian_webhooks::rotate_secret;

pub struct RotateSecret {
    path: &'static str,
}

impl RotateSecret {
    pub fn routes() -> impl Iterator<Item = Self> {
        ["/v1.0/customer/webhook/rotate", "/v1.0/customer/webhook/endpoints/{id}/rotate"]
            .into_iter()
            .map(|path| Self { path })
    }
}

impl<S: Authenticator + WebhookStore + ReadCustomers, E: Send + Sync> Endpoint<S, E> for RotateSecret {
    type Caller = Account<NoDelegate<Admin>, Active, OwnEndpoint>;

    fn route(&self) -> Route {
        Route::new("POST", self.path)
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        Ok(Response::json(&rotate_secret(cx, &caller.customer, caller.target.id).await?))
    }
}
