//! `POST /v1.0/customer/webhook/deliveries/{id}/redeliver`: sends a delivery again.

use custodian_app::ports::{AuditLog, Authenticator, Throttle};
use custodian_app::{Context, Failure};
use custodian_http::{Account, Active, Admin, Endpoint, Request, Response, Route};
use custodian_webhooks::WebhookStore;
use custodian_webhooks::{DeliveryQueue, redeliver};

pub struct Redeliver;

impl<S: Authenticator + AuditLog + WebhookStore + Throttle, E: DeliveryQueue> Endpoint<S, E> for Redeliver {
    type Caller = Account<Admin, Active>;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customer/webhook/deliveries/{id}/redeliver")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let id = request.id()?;
        Ok(Response::json(&redeliver(cx, &caller.customer, id).await?))
    }
}
