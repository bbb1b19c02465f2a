//! `DELETE /v1.0/customer/email_change`: cancels the e-mail address that waits for its confirmation. Its link stops working.

use custodian_app::confirm_email::cancel_email_change;
use custodian_app::ports::{Authenticator, ChangeCustomers};
use custodian_app::{Context, Failure};
use custodian_http::{
    Account, Active, Admin, Endpoint, NoDelegateOrLimitedKey, OwnProfile, Request, Response, Route,
};
use custodian_views::EmailChangeView;

pub struct CancelEmailChange;

impl<S: Authenticator + ChangeCustomers, E: Send + Sync> Endpoint<S, E> for CancelEmailChange {
    type Caller = Account<NoDelegateOrLimitedKey<Admin>, Active, OwnProfile>;

    fn route(&self) -> Route {
        Route::new("DELETE", "/v1.0/customer/email_change")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        let cancelled = cancel_email_change(cx, caller.customer).await?;
        Ok(Response::json(&EmailChangeView::from(&cancelled)))
    }
}
