//! `POST /auth/unregister`: an administrator leaves, after the grace period or at once.

use custodian_app::ports::{Admissions, Alarms, ChangeCustomers, Throttles};
use custodian_app::unregister::{Leaving, unregister};
use custodian_app::{Context, Failure};
use custodian_http::view::CustomerView;
use custodian_http::{Account, Admin, Answer, Call, Endpoint, Living, Route};

pub struct Unregister;

impl<S: Admissions + ChangeCustomers + Throttles, E: Alarms> Endpoint<S, E> for Unregister {
    type Caller = Account<Admin, Living>;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/unregister")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        let leaving = Leaving::read(&call.json()?)?;
        let customer = unregister(cx, caller.customer, &caller.actor, leaving, &call.address).await?;
        Ok(Answer::row(&CustomerView::from(&customer)))
    }
}
