//! `POST /auth/unregister`: freezes the account until the end of the grace period, or deletes it at once. The header `Link` of the
//! response leads to the state of the deletion.

use custodian_app::deletion_link::{PATH, create_link};
use custodian_app::ports::{Authenticator, ChangeCustomers, DeletionLinks, Scheduler, Throttle};
use custodian_app::unregister::{UnregisterRequest, unregister};
use custodian_app::{Context, Failure};
use custodian_http::{
    Account, Admin, Endpoint, NoDelegate, NotDeleted, OwnAccount, Request, Response, Route,
};
use custodian_views::CustomerView;
use http::header::LINK;

pub struct Unregister;

impl<S: Authenticator + ChangeCustomers + DeletionLinks + Throttle, E: Scheduler> Endpoint<S, E>
    for Unregister
{
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
        let token = create_link(cx, customer.id).await?;
        let status = format!("<{PATH}?token={}>; rel=\"status\"", token.expose());
        Ok(Response::row(&CustomerView::from(&customer)).header(LINK, status))
    }
}
