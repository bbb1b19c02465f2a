//! `GET /v1.0/customers`: lists accounts, newest first. Deleted and expired ones are listed only if `status` asks for them.

use custodian_app::ports::{Authenticator, ListCustomers};
use custodian_app::{Context, Failure};
use custodian_domain::{Reason, Refusal, Status};
use custodian_http::page::{PageRequest, row_json};
use custodian_http::{Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::CustomerView;

pub struct ListAll;

impl<S: Authenticator + ListCustomers, E: Send + Sync> Endpoint<S, E> for ListAll {
    type Caller = PlatformAdmin;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customers")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        _: PlatformAdmin,
        request: &Request,
    ) -> Result<Response, Failure> {
        let statuses = statuses(request)?;
        let page_request = PageRequest::read(request, "customers")?;
        let read = |below, limit| cx.store.customers(&statuses, below, limit);
        let page = page_request.fill(read, |row| row.id.0, |row| row_json(&CustomerView::from(row))).await?;
        Ok(Response::json(&page))
    }
}

fn statuses(request: &Request) -> Result<Vec<Status>, Refusal> {
    let Some(text) = request.query("status") else {
        return Ok(vec![Status::Initial, Status::Active, Status::Frozen]);
    };
    let unknown = || Refusal::field(Reason::InvalidRequestParameter, "status", "is no status of a customer");
    Status::parse(text).map(|status| vec![status]).ok_or_else(unknown)
}
