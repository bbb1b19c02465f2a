//! `DELETE /v1.0/customers/{id}`: an operator deletes an account at once.
//!
//! The answer shows the account as it was, for the last time; what is stored is anonymised.

use custodian_app::ports::{Admissions, Alarms, ChangeCustomers, Wanted};
use custodian_app::{Context, Failure, Outcome, change};
use custodian_domain::CustomerId;
use custodian_domain::lifecycle::Command;
use custodian_http::view::CustomerView;
use custodian_http::{Answer, Call, Endpoint, Operator, Route};

pub struct DeleteAccount;

impl<S: Admissions + ChangeCustomers, E: Alarms> Endpoint<S, E> for DeleteAccount {
    type Caller = Operator;

    fn route(&self) -> Route {
        Route::new("DELETE", "/v1.0/customers/{id}")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, |id| Wanted::Customer(CustomerId(id)))
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Operator, call: &Call) -> Result<Answer, Failure> {
        let id = CustomerId(call.id()?);
        let outcome = change(cx, id, Some(caller.target()?), Command::Delete, None).await?;
        if let Outcome::Moved { before, after } = &outcome {
            return Ok(Answer::row(&CustomerView::as_deleted(before, after)));
        }
        Ok(Answer::row(&CustomerView::from(&outcome.customer()?)))
    }
}
