//! `PUT /v1.0/customers/{id}/billing_account_id`: sets the default billing account of an account.

use custodian_app::ports::{Authenticator, ChangeCustomers, ReadResources};
use custodian_app::update::{require_initial_or_active, update};
use custodian_app::{Context, Failure, billing};
use custodian_domain::Customer;
use custodian_http::{AnyCustomer, Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::CustomerView;

pub struct SetBillingAccountOfCustomer;

impl<S: Authenticator + ChangeCustomers + ReadResources, E: Send + Sync> Endpoint<S, E>
    for SetBillingAccountOfCustomer
{
    type Caller = PlatformAdmin<AnyCustomer>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/customers/{id}/billing_account_id")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let AnyCustomer(customer) = caller.target;
        let id = billing::requested_account_id(cx, customer.id, &request.json()?).await?;
        let next = |row: &Customer, now| row.with_billing_account(id, now);
        let customer = update(cx, customer, require_initial_or_active, next).await?;
        Ok(Response::row(&CustomerView::new(&customer, cx.now())))
    }
}
