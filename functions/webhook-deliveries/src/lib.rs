//! `GET /v1.0/customer/webhook/deliveries`: lists the webhook deliveries of the last thirty days, newest first.

use custodian_app::ports::Authenticator;
use custodian_app::{Context, Failure};
use custodian_http::page::{PageRequest, row_json};
use custodian_http::{Account, Active, Admin, Endpoint, Request, Response, Route};
use custodian_views::DeliveryView;
use custodian_webhooks::WebhookStore;

pub struct ListDeliveries;

impl<S: Authenticator + WebhookStore, E: Send + Sync> Endpoint<S, E> for ListDeliveries {
    type Caller = Account<Admin, Active>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customer/webhook/deliveries")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let (page_request, now) = (PageRequest::read(request, "deliveries")?, cx.now());
        let read = |below, limit| cx.store.deliveries(caller.customer_id(), below, limit, now);
        let page = page_request.fill(read, |row| row.id, |row| row_json(&DeliveryView::from(row))).await?;
        Ok(Response::json(&page))
    }
}
