//! `POST /auth/unregister`: freezes the account until the end of the grace period, or deletes it at once.

use custodian_app::ports::{Authenticator, ChangeCustomers, Scheduler, Throttle};
use custodian_app::unregister::{UnregisterRequest, unregister};
use custodian_app::{Context, Failure};
use custodian_http::{
    Account, Admin, Endpoint, NoDelegate, NotDeleted, OwnAccount, Request, Response, Route,
};
use custodian_views::CustomerView;

pub struct Unregister;

impl<S: Authenticator + ChangeCustomers + Throttle, E: Scheduler> Endpoint<S, E> for Unregister {
    type Caller = Account<NoDelegate<Admin>, NotDeleted, OwnAccount>;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/unregister")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let body = UnregisterRequest::read(&request.json()?)?;
        let customer = unregister(cx, caller.customer, &caller.principal, body, &request.client_ip).await?;
        Ok(Response::row(&CustomerView::from(&customer)))
    }
}
