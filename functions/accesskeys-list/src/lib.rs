//! `GET /v1.0/accesskeys`: lists the account's access keys, newest first, including expired ones.

use custodian_app::ports::{AccessKeys, Authenticator};
use custodian_app::{Context, Failure};
use custodian_http::page::{PageRequest, row_json};
use custodian_http::{Account, Active, Admin, Endpoint, Request, Response, Route};
use custodian_views::AccessKeyView;

pub struct ListKeys;

impl<S: Authenticator + AccessKeys, E: Send + Sync> Endpoint<S, E> for ListKeys {
    type Caller = Account<Admin, Active>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/accesskeys")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let page_request = PageRequest::read(request, "accesskeys")?;
        let read = |below, limit| cx.store.access_keys(caller.customer_id(), below, limit);
        let page = page_request.fill(read, |key| key.id, |key| row_json(&AccessKeyView::from(key))).await?;
        Ok(Response::json(&page))
    }
}
