//! `GET /v1.0/customers`: lists and finds accounts, newest first, or by deadline with `due_before`. Deleted and expired ones are
//! listed only if `status` asks for them.

use custodian_app::ports::{Authenticator, ListCustomers};
use custodian_app::{Context, Failure};
use custodian_http::page::row_json;
use custodian_http::{Endpoint, PlatformAdmin, Request, Response, Route, customer_search};
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
        let (filter, page_request) = customer_search::read(request, cx.now())?;
        let read = |after, limit| cx.store.customers(&filter, after, limit);
        let cursor = |row: &_| filter.cursor(row);
        let view = |row: &_| row_json(&CustomerView::new(row, cx.now()));
        let page = page_request.fill(read, cursor, view).await?;
        Ok(Response::json(&page))
    }
}
