//! `PUT /v1.0/customers/{id}`: an operator changes the profile of an account that is initial or active. A
//! new e-mail address of an active one counts once it is confirmed, as when its owner changes it.

use custodian_app::ports::{Admissions, ChangeCustomers, Wanted};
use custodian_app::update::{by_operator, update};
use custodian_app::{Context, Failure};
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{Asker, Customer, CustomerId};
use custodian_http::view::CustomerView;
use custodian_http::{Answer, Call, Endpoint, Operator, Route};

pub struct UpdateAccount;

impl<S: Admissions + ChangeCustomers, E: Send + Sync> Endpoint<S, E> for UpdateAccount {
    type Caller = Operator;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/customers/{id}")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, |id| Wanted::Customer(CustomerId(id)))
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Operator, call: &Call) -> Result<Answer, Failure> {
        call.id()?;
        let patch = ProfilePatch::read(&call.json()?)?;
        let next = |row: &Customer, now| row.patched_unconfirmed(&patch, Asker::Operator, now);
        let customer = update(cx, caller.target()?, by_operator, next).await?;
        Ok(Answer::row(&CustomerView::from(&customer)))
    }
}
