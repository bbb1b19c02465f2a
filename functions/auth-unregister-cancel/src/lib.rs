//! `DELETE /auth/unregister`: an administrator comes back before the deadline.

use custodian_app::ports::{Admissions, Alarms, ChangeCustomers};
use custodian_app::{Context, Failure, change};
use custodian_domain::lifecycle::Command;
use custodian_http::view::CustomerView;
use custodian_http::{Account, Admin, Answer, Call, Endpoint, Living, Route};

pub struct CancelUnregister;

impl<S: Admissions + ChangeCustomers, E: Alarms> Endpoint<S, E> for CancelUnregister {
    type Caller = Account<Admin, Living>;

    fn route(&self) -> Route {
        Route::new("DELETE", "/auth/unregister")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, _: &Call) -> Result<Answer, Failure> {
        let id = caller.customer_id();
        let customer = change(cx, id, Some(caller.customer), Command::Recover, None).await?.customer()?;
        Ok(Answer::row(&CustomerView::from(&customer)))
    }
}
