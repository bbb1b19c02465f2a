//! `GET /v1.0/customer/webhook`: returns the webhook endpoint and its state.

use custodian_app::ports::Authenticator;
use custodian_app::{Context, Failure};
use custodian_http::{Account, Active, Admin, Endpoint, Request, Response, Route};
use custodian_webhooks::WebhookStore;
use custodian_webhooks::show;

pub struct ShowWebhook;

impl<S: Authenticator + WebhookStore, E: Send + Sync> Endpoint<S, E> for ShowWebhook {
    type Caller = Account<Admin, Active>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customer/webhook")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        Ok(Response::json(&show(cx, &caller.customer, &request.destinations(&cx.settings)).await?))
    }
}
