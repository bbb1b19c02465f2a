//! `POST /v1.0/customers`: lets an operator open an account.

use custodian_app::create::{AccountRequest, create};
use custodian_app::ports::{Authenticator, OpenAccounts, Scheduler};
use custodian_app::{Context, Failure};
use custodian_http::{Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::CustomerView;

pub struct CreateAccount;

impl<S: Authenticator + OpenAccounts, E: Scheduler> Endpoint<S, E> for CreateAccount {
    type Caller = PlatformAdmin;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customers")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: PlatformAdmin,
        request: &Request,
    ) -> Result<Response, Failure> {
        let (destinations, operator) = (request.destinations(&cx.settings), caller.agent().id);
        let customer = create(cx, AccountRequest::read(&request.json()?, &destinations, operator)?).await?;
        Ok(Response::row(&CustomerView::new(&customer, cx.now())))
    }
}
