//! `PUT /v1.0/customer/billing_account_id`: sets the default billing account.

use custodian_app::ports::{Authenticator, ChangeCustomers, ReadResources};
use custodian_app::{Context, Failure, billing, update::update};
use custodian_domain::account_status;
use custodian_http::{Account, Active, Admin, Endpoint, OwnAccount, Request, Response, Route};
use custodian_views::CustomerView;

pub struct SetBillingAccount;

impl<S: Authenticator + ChangeCustomers + ReadResources, E: Send + Sync> Endpoint<S, E>
    for SetBillingAccount
{
    type Caller = Account<Admin, Active, OwnAccount>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/customer/billing_account_id")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let id = billing::requested_account_id(cx, caller.customer_id(), &request.json()?).await?;
        let next = |row: &custodian_domain::Customer, now| row.with_billing_account(id, now);
        let customer = update(cx, caller.customer, account_status::require_active, next).await?;
        Ok(Response::row(&CustomerView::new(&customer, cx.now())))
    }
}
