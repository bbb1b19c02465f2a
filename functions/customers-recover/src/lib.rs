//! `POST /v1.0/customers/{id}/recover`: an operator recovers a frozen account.

use custodian_app::ports::{Admissions, Alarms, ChangeCustomers, Wanted};
use custodian_app::{Context, Failure, change};
use custodian_domain::CustomerId;
use custodian_domain::lifecycle::Command;
use custodian_http::view::CustomerView;
use custodian_http::{Answer, Call, Endpoint, Operator, Route};

pub struct RecoverAccount;

impl<S: Admissions + ChangeCustomers, E: Alarms> Endpoint<S, E> for RecoverAccount {
    type Caller = Operator;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customers/{id}/recover")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, |id| Wanted::Customer(CustomerId(id)))
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Operator, call: &Call) -> Result<Answer, Failure> {
        let id = CustomerId(call.id()?);
        let command = Command::Recover;
        let customer = change(cx, id, Some(caller.target()?), command, None).await?.customer()?;
        Ok(Answer::row(&CustomerView::from(&customer)))
    }
}
