//! `GET /v1.0/customer/export/{id}`: shows the progress of an export.

use custodian_app::ports::Authenticator;
use custodian_app::{Context, Failure};
use custodian_domain::Reason;
use custodian_exports::ReadExports;
use custodian_http::{Account, Admin, Endpoint, NoLimitedKey, NotDeleted, Request, Response, Route};
use custodian_views::ExportView;

pub struct ShowExport;

impl<S: Authenticator + ReadExports, E: Send + Sync> Endpoint<S, E> for ShowExport {
    type Caller = Account<NoLimitedKey<Admin>, NotDeleted>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customer/export/{id}")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let export = cx.store.export(caller.customer_id(), request.id()?).await?;
        let export = export.ok_or(Reason::ExportNotFound)?;
        Ok(Response::json(&ExportView::new(&export, cx.now())))
    }
}
