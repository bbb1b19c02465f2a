//! `PUT /v1.0/customer`: changes the own profile. A new e-mail address is reserved at once and counts once it is confirmed.

use custodian_app::ports::{Admissions, ChangeCustomers};
use custodian_app::{Context, Failure, update::update};
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{Customer, gate};
use custodian_http::view::CustomerView;
use custodian_http::{Account, Admin, Answer, Call, Endpoint, Open, Route};

pub struct UpdateCustomer;

impl<S: Admissions + ChangeCustomers, E: Send + Sync> Endpoint<S, E> for UpdateCustomer {
    type Caller = Account<Admin, Open>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/customer")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        caller.may_change_account()?;
        let patch = ProfilePatch::read(&call.json()?)?;
        let asker = caller.actor.asker();
        let next = |row: &Customer, now| row.patched_unconfirmed(&patch, asker, now);
        let customer = update(cx, caller.customer, gate::open, next).await?;
        Ok(Answer::row(&CustomerView::from(&customer)))
    }
}
