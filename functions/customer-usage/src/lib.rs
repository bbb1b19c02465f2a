//! `GET /v1.0/customer/usage`: how many rows of each kind the account has, and how many its plan allows.

use custodian_app::ports::{Admissions, Usage};
use custodian_app::{Context, Failure};
use custodian_http::view::UsageView;
use custodian_http::{Answer, Call, Endpoint, Route, Tenant};

pub struct ShowUsage;

impl<S: Admissions + Usage, E: Send + Sync> Endpoint<S, E> for ShowUsage {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customer/usage")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Tenant, _: &Call) -> Result<Answer, Failure> {
        let counts = cx.store.usage(caller.customer_id()).await?;
        Ok(Answer::json(&UsageView::new(caller.customer.plan, &counts)))
    }
}
