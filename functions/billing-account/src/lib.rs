//! `GET /v1.0/billing_account`: returns the default billing account with its balance.

use custodian_app::ports::{Authenticator, Prefetch, ReadResources};
use custodian_app::{Context, Failure, billing};
use custodian_domain::kinds::BILLING_ACCOUNTS;
use custodian_http::{Endpoint, Request, Response, Route, Tenant};
use custodian_views::ResourceView;

pub struct DefaultBillingAccount;

impl<S: Authenticator + ReadResources, E: Send + Sync> Endpoint<S, E> for DefaultBillingAccount {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/billing_account")
    }

    fn prefetch(&self, _: &Request) -> Prefetch {
        Prefetch::Kind(&BILLING_ACCOUNTS)
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Tenant, _: &Request) -> Result<Response, Failure> {
        let row = billing::default_account(cx, &caller.customer).await?;
        Ok(Response::row(&ResourceView::new(&BILLING_ACCOUNTS, &row)))
    }
}
