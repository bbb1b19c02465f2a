//! `GET /v1.0/billing_account`: the caller's default billing account, with its balance.

use custodian_app::ports::{Admissions, ReadResources, Wanted};
use custodian_app::{Context, Failure, billing};
use custodian_domain::kinds::BILLING_ACCOUNTS;
use custodian_http::view::ResourceView;
use custodian_http::{Answer, Call, Endpoint, Route, Tenant};

pub struct DefaultBillingAccount;

impl<S: Admissions + ReadResources, E: Send + Sync> Endpoint<S, E> for DefaultBillingAccount {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/billing_account")
    }

    fn wanted(&self, _: &Call) -> Wanted {
        Wanted::Kind(&BILLING_ACCOUNTS)
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Tenant, _: &Call) -> Result<Answer, Failure> {
        let row = billing::of(cx, &caller.customer).await?;
        Ok(Answer::row(&ResourceView::new(&BILLING_ACCOUNTS, &row)))
    }
}
