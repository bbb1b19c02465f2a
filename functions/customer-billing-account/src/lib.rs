//! `PUT /v1.0/customer/billing_account_id`: names the default one among the account's own billing accounts.

use custodian_app::ports::{Admissions, ChangeCustomers, ReadResources};
use custodian_app::{Context, Failure, billing, update::update};
use custodian_domain::gate;
use custodian_http::view::CustomerView;
use custodian_http::{Account, Admin, Answer, Call, Endpoint, Open, Route};

pub struct SetBillingAccount;

impl<S: Admissions + ChangeCustomers + ReadResources, E: Send + Sync> Endpoint<S, E> for SetBillingAccount {
    type Caller = Account<Admin, Open>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/customer/billing_account_id")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        let id = billing::wanted(cx, caller.customer_id(), &call.json()?).await?;
        let next = |row: &custodian_domain::Customer, now| row.with_billing_account(id, now);
        let customer = update(cx, caller.customer, gate::open, next).await?;
        Ok(Answer::row(&CustomerView::from(&customer)))
    }
}
