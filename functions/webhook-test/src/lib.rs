//! Sends a test webhook: `POST /v1.0/customer/webhook/test` to the first endpoint, and
//! `POST /v1.0/customer/webhook/endpoints/{id}/test` to any endpoint.

use custodian_app::ports::{AuditLog, Authenticator, Throttle};
use custodian_app::{Context, Failure};
use custodian_http::{Account, Active, Admin, Endpoint, OwnEndpoint, Request, Response, Route};
use custodian_webhooks::{DeliveryQueue, send_test};

pub struct TestWebhook {
    path: &'static str,
}

impl TestWebhook {
    pub fn routes() -> impl Iterator<Item = Self> {
        ["/v1.0/customer/webhook/test", "/v1.0/customer/webhook/endpoints/{id}/test"]
            .into_iter()
            .map(|path| Self { path })
    }
}

impl<S: Authenticator + AuditLog + Throttle, E: DeliveryQueue> Endpoint<S, E> for TestWebhook {
    type Caller = Account<Admin, Active, OwnEndpoint>;

    fn route(&self) -> Route {
        Route::new("POST", self.path)
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        Ok(Response::json(&send_test(cx, &caller.customer, caller.target.id).await?))
    }
}
