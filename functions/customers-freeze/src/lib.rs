//! `POST /v1.0/customers/{id}/freeze`: lets an operator freeze an account.

use custodian_app::ports::{Authenticator, ChangeCustomers, Prefetch, Scheduler};
use custodian_app::{Context, Failure, change};
use custodian_domain::CustomerId;
use custodian_domain::lifecycle::Command;
use custodian_http::{Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::CustomerView;

pub struct FreezeAccount;

impl<S: Authenticator + ChangeCustomers, E: Scheduler> Endpoint<S, E> for FreezeAccount {
    type Caller = PlatformAdmin;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customers/{id}/freeze")
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
        let command = Command::Freeze { grace: cx.settings.grace };
        let customer = change(cx, id, Some(caller.target()?), command, None).await?.customer()?;
        Ok(Response::row(&CustomerView::from(&customer)))
    }
}
