//! `GET /v1.0/customer/audit`: lists what was done to the caller's account, newest first. Also while it is frozen.

use custodian_app::ports::{Authenticator, ReadAuditLog};
use custodian_app::{Context, Failure};
use custodian_http::page::{PageRequest, row_json};
use custodian_http::{Account, Admin, Endpoint, NotDeleted, Request, Response, Route};
use custodian_views::AuditView;

pub struct ListOwnAudit;

impl<S: Authenticator + ReadAuditLog, E: Send + Sync> Endpoint<S, E> for ListOwnAudit {
    type Caller = Account<Admin, NotDeleted>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customer/audit")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let page_request = PageRequest::read(request, "audit")?;
        let read = |below, limit| cx.store.audit_entries(caller.customer_id(), below, limit);
        let to_json = |entry: &_| row_json(&AuditView::for_account(entry));
        Ok(Response::json(&page_request.fill(read, |entry| entry.id, to_json).await?))
    }
}
