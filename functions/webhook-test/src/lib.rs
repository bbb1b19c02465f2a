//! `POST /v1.0/customer/webhook/test`: sends a test webhook.

use custodian_app::ports::{AuditLog, Authenticator, Throttle};
use custodian_app::{Context, Failure};
use custodian_http::{Account, Active, Admin, Endpoint, Request, Response, Route};
use custodian_webhooks::{DeliveryQueue, send_test};

pub struct TestWebhook;

impl<S: Authenticator + AuditLog + Throttle, E: DeliveryQueue> Endpoint<S, E> for TestWebhook {
    type Caller = Account<Admin, Active>;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customer/webhook/test")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        Ok(Response::json(&send_test(cx, &caller.customer).await?))
    }
}
