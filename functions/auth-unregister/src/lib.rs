//! `POST /auth/unregister`: freezes the account until the end of the grace period, or deletes it at once. The header `Link` of the
//! response leads to the state of the deletion.

use custodian_app::deletion_link::link_header;
use custodian_app::deletion_preview::DeletionPreview;
use custodian_app::ports::{
    Authenticator, ChangeCustomers, CountRowsToDelete, DeletionLinks, Scheduler, Throttle,
};
use custodian_app::unregister::{UnregisterRequest, preview, unregister};
use custodian_app::{Context, Failure};
use custodian_http::{
    Account, Admin, Endpoint, NoDelegate, NotDeleted, OwnAccount, Request, Response, Route,
};
use custodian_views::{CustomerView, DeletionPreviewView};
use http::header::LINK;

pub struct Unregister;

impl<S: Authenticator + ChangeCustomers + CountRowsToDelete + DeletionLinks + Throttle, E: Scheduler>
    Endpoint<S, E> for Unregister
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
        if body.is_dry_run() {
            return Ok(preview_response(&preview(cx, &caller.customer, &body).await?));
        }
        let customer = unregister(cx, caller.customer, &caller.principal, body, &request.client_ip).await?;
        let response = Response::row(&CustomerView::new(&customer, cx.now()));
        Ok(match link_header(cx, customer.id).await {
            Some(status) => response.header(LINK, status),
            None => response,
        })
    }
}

fn preview_response(preview: &DeletionPreview) -> Response {
    let DeletionPreview { customer_id, immediate, tm_due, rows } = preview;
    Response::json(&DeletionPreviewView::new(*customer_id, *immediate, *tm_due, rows.counts(), &rows.numbers))
}
