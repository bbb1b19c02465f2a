//! `GET /v1.0/<kind>`: lists the customer's rows of a kind, newest first.
//!
//! Each kind has its own deployment, and `RESOURCE_KIND` names the kind. Of other kinds, the role of a deployment can read only
//! agents, and write nothing.

use custodian_app::field_encryption::decrypt_row_without_secrets;
use custodian_app::ports::{Authenticator, ListResources, Prefetch};
use custodian_app::{Context, Failure};
use custodian_domain::kinds::Kind;
use custodian_http::page::{PageRequest, row_json};
use custodian_http::{Endpoint, Request, Response, Route, Tenant};
use custodian_views::ResourceView;

pub struct ListRows {
    pub kind: &'static Kind,
}

impl<S: Authenticator + ListResources, E: Send + Sync> Endpoint<S, E> for ListRows {
    type Caller = Tenant;

    fn route(&self) -> Route {
        Route::new("GET", format!("/v1.0/{}", self.kind.route))
    }

    fn prefetch(&self, _: &Request) -> Prefetch {
        Prefetch::Kind(self.kind)
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Tenant,
        request: &Request,
    ) -> Result<Response, Failure> {
        let page_request = PageRequest::read(request, self.kind.route)?;
        let read = async |below, limit| {
            let page = cx.store.resources(self.kind, caller.customer_id(), below, limit).await?;
            page.try_map(|stored| decrypt_row_without_secrets(cx, self.kind, &stored))
        };
        let page =
            page_request.fill(read, |row| row.id, |row| row_json(&ResourceView::new(self.kind, row))).await?;
        Ok(Response::json(&page))
    }
}
