//! `POST /v1.0/customer/export`: starts an export of the account and its rows that the API shows. A frozen account can be
//! exported as well.

use custodian_app::ports::{Authenticator, ReadCustomers, Throttle};
use custodian_app::{Context, Failure};
use custodian_exports::{ExportQueue, StartExports, start};
use custodian_http::{Account, Admin, Endpoint, NoLimitedKey, NotDeleted, Request, Response, Route};
use custodian_views::ExportView;

pub struct StartExport;

impl<S, E> Endpoint<S, E> for StartExport
where
    S: Authenticator + StartExports + ReadCustomers + Throttle,
    E: ExportQueue,
{
    type Caller = Account<NoLimitedKey<Admin>, NotDeleted>;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customer/export")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        let export = start(cx, caller.customer_id()).await?;
        Ok(Response::json(&ExportView::new(&export, cx.now())).status(202))
    }
}
