//! `POST /v1.0/customers/{id}/balance`: credits (positive amount) or debits (negative amount) the default billing account.

use custodian_app::ports::{Authenticator, UpdateResources};
use custodian_app::update::require_initial_or_active;
use custodian_app::{Context, Failure, billing, resources};
use custodian_domain::billing::Adjustment;
use custodian_domain::kinds::BILLING_ACCOUNTS;
use custodian_http::{AnyCustomer, Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::ResourceView;

pub struct AdjustBalance;

impl<S: Authenticator + UpdateResources, E: Send + Sync> Endpoint<S, E> for AdjustBalance {
    type Caller = PlatformAdmin<AnyCustomer>;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customers/{id}/balance")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let AnyCustomer(customer) = caller.target;
        let adjustment = Adjustment::read(&request.json()?)?;
        require_initial_or_active(&customer)?;
        let account = billing::default_account(cx, &customer).await?;
        let next = |row: &_, now| adjustment.apply(row, now).map(Some);
        let row = resources::update(cx, &BILLING_ACCOUNTS, account, next).await?;
        Ok(Response::row(&ResourceView::new(&BILLING_ACCOUNTS, &row)))
    }
}
