//! `POST /v1.0/customers/{id}/recover`: lets an operator recover a frozen account.

use custodian_app::ports::{Authenticator, ChangeCustomers, Prefetch, Scheduler};
use custodian_app::{Context, Failure, change};
use custodian_domain::CustomerId;
use custodian_domain::lifecycle::Command;
use custodian_http::{Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::CustomerView;

pub struct RecoverAccount;

impl<S: Authenticator + ChangeCustomers, E: Scheduler> Endpoint<S, E> for RecoverAccount {
    type Caller = PlatformAdmin;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customers/{id}/recover")
    }

    fn prefetch(&self, request: &Request) -> Prefetch {
        request.prefetch(|id| Prefetch::Customer(CustomerId(id)))
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: PlatformAdmin,
        request: &Request,
    ) -> Result<Response, Failure> {
        let id = CustomerId(request.id()?);
        let command = Command::Recover;
        let customer = change(cx, id, Some(caller.target()?), command, None).await?.customer()?;
        Ok(Response::row(&CustomerView::from(&customer)))
    }
}
