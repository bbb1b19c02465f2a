//! `POST /v1.0/customers/{id}/recover`: lets an operator recover a frozen account.

use custodian_app::ports::{Authenticator, ChangeCustomers, Scheduler};
use custodian_app::{Context, Failure, change};
use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_http::{AnyCustomer, Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::CustomerView;

pub struct RecoverAccount;

impl<S: Authenticator + ChangeCustomers, E: Scheduler> Endpoint<S, E> for RecoverAccount {
    type Caller = PlatformAdmin<AnyCustomer>;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customers/{id}/recover")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        let AnyCustomer(customer) = caller.target;
        let command = Command::Recover(Initiator::Operator);
        let customer = change(cx, customer.id, Some(customer), command, None).await?.customer()?;
        Ok(Response::row(&CustomerView::new(&customer, cx.now())))
    }
}
