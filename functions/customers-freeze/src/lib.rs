//! `POST /v1.0/customers/{id}/freeze`: lets an operator freeze an account.

use custodian_app::ports::{Authenticator, ChangeCustomers, Scheduler};
use custodian_app::{Context, Failure, change};
use custodian_domain::lifecycle::Command;
use custodian_http::{AnyCustomer, Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::CustomerView;

pub struct FreezeAccount;

impl<S: Authenticator + ChangeCustomers, E: Scheduler> Endpoint<S, E> for FreezeAccount {
    type Caller = PlatformAdmin<AnyCustomer>;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customers/{id}/freeze")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        let AnyCustomer(customer) = caller.target;
        let command = Command::Freeze { grace: cx.settings.grace };
        let customer = change(cx, customer.id, Some(customer), command, None).await?.customer()?;
        Ok(Response::row(&CustomerView::from(&customer)))
    }
}
