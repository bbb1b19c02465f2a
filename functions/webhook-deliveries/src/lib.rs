//! `GET /v1.0/customer/webhook/deliveries`: what became of the webhooks of the last thirty days, newest first.

use custodian_app::hooks::KeepHooks;
use custodian_app::ports::Admissions;
use custodian_app::{Context, Failure};
use custodian_deliveries::DeliveryView;
use custodian_http::page::{PageRequest, shown};
use custodian_http::{Account, Admin, Answer, Call, Endpoint, Open, Route};

pub struct ListDeliveries;

impl<S: Admissions + KeepHooks, E: Send + Sync> Endpoint<S, E> for ListDeliveries {
    type Caller = Account<Admin, Open>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customer/webhook/deliveries")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        let (wanted, now) = (PageRequest::read(call, "deliveries")?, cx.now());
        let read = |below, limit| cx.store.deliveries(caller.customer_id(), below, limit, now);
        let page = wanted.fill(read, |row| row.id, |row| shown(&DeliveryView::from(row))).await?;
        Ok(Answer::json(&page))
    }
}
