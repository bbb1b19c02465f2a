//! `GET /v1.0/customer/webhook/deliveries`: what became of the last hundred webhooks.

use custodian_app::hooks::KeepHooks;
use custodian_app::ports::Admissions;
use custodian_app::{Context, Failure};
use custodian_deliveries::deliveries;
use custodian_http::{Account, Admin, Answer, Call, Endpoint, Open, Route};

pub struct ListDeliveries;

impl<S: Admissions + KeepHooks, E: Send + Sync> Endpoint<S, E> for ListDeliveries {
    type Caller = Account<Admin, Open>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customer/webhook/deliveries")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, _: &Call) -> Result<Answer, Failure> {
        Ok(Answer::json(&deliveries(cx, &caller.customer).await?))
    }
}
