//! `GET /v1.0/customer/export/{id}/file`: redirects to the file of a finished export. The mail about the export links here.

use custodian_app::ports::{AuditLog, Authenticator};
use custodian_app::{Context, Failure};
use custodian_exports::{ExportLinks, ReadExports, link};
use custodian_http::{
    Account, Admin, Endpoint, NoDelegateOrLimitedKey, NotDeleted, Request, Response, Route,
};

pub struct DownloadExport;

impl<S: Authenticator + AuditLog + ReadExports, E: ExportLinks> Endpoint<S, E> for DownloadExport {
    type Caller = Account<NoDelegateOrLimitedKey<Admin>, NotDeleted>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customer/export/{id}/file")
    }

    fn shows_errors_as_page(&self, request: &Request) -> bool {
        request.accepts_pages()
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let url = link(cx, caller.customer_id(), request.id()?).await?;
        Ok(Response::redirect(url))
    }
}
