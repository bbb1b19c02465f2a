//! `GET /v1.0/customer/email_change`: shows the e-mail address that waits for its confirmation.

use custodian_app::ports::Authenticator;
use custodian_app::{Context, Failure};
use custodian_domain::Reason;
use custodian_http::{Account, Active, AdminOrManager, Endpoint, Request, Response, Route};
use custodian_views::EmailChangeView;

pub struct GetEmailChange;

impl<S: Authenticator, E: Send + Sync> Endpoint<S, E> for GetEmailChange {
    type Caller = Account<AdminOrManager, Active>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customer/email_change")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        let pending = caller.customer.pending_email_at(cx.now()).ok_or(Reason::EmailChangeNotFound)?;
        Ok(Response::json(&EmailChangeView::from(pending)))
    }
}
