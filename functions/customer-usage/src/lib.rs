//! `GET /v1.0/customer/usage`: returns the number of rows of each kind, and the limits of the plan.

use custodian_app::ports::{Authenticator, Usage};
use custodian_app::{Context, Failure};
use custodian_http::{Endpoint, Request, Response, Route, Tenant};
use custodian_views::UsageView;

pub struct ShowUsage;

impl<S: Authenticator + Usage, E: Send + Sync> Endpoint<S, E> for ShowUsage {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customer/usage")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Tenant, _: &Request) -> Result<Response, Failure> {
        let stored = cx.store.usage(caller.customer_id()).await?;
        Ok(Response::json(&UsageView::new(caller.customer.plan, &stored.counts, stored.bytes)))
    }
}
