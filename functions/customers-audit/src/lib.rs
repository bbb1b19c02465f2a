//! `GET /v1.0/customers/{id}/audit`: lists what was done to an account, newest first.

use custodian_app::ports::{Authenticator, ReadAuditLog};
use custodian_app::{Context, Failure};
use custodian_http::page::{PageRequest, row_json};
use custodian_http::{AnyCustomer, Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::AuditView;

pub struct ListAudit;

impl<S: Authenticator + ReadAuditLog, E: Send + Sync> Endpoint<S, E> for ListAudit {
    type Caller = PlatformAdmin<AnyCustomer>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customers/{id}/audit")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let customer = caller.target.0.id;
        let page_request = PageRequest::read(request, &format!("audit of {customer}"))?;
        let read = |below, limit| cx.store.audit_entries(customer, below, limit);
        let to_json = |entry: &_| row_json(&AuditView::for_platform(entry));
        Ok(Response::json(&page_request.fill(read, |entry| entry.id, to_json).await?))
    }
}
