//! `GET /v1.0/customer/usage`: returns the number of rows of each kind, and the limits of the plan.
//! Admins may read it also while the account is frozen.

use custodian_app::ports::{Authenticator, Usage};
use custodian_app::{Context, Failure};
use custodian_http::{Account, ActiveOrFrozenForAdmins, AdminOrManager, Endpoint, Request, Response, Route};
use custodian_views::UsageView;

pub struct ShowUsage;

impl<S: Authenticator + Usage, E: Send + Sync> Endpoint<S, E> for ShowUsage {
    type Caller = Account<AdminOrManager, ActiveOrFrozenForAdmins>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customer/usage")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        let stored = cx.store.usage(caller.customer_id()).await?;
        Ok(Response::json(&UsageView::new(caller.customer.plan, &stored.counts, stored.bytes)))
    }
}
