//! `POST /v1.0/customers`: an operator opens an account.

use custodian_app::create::{OpenAccounts, Opening, create};
use custodian_app::ports::{Admissions, Alarms};
use custodian_app::{Context, Failure};
use custodian_http::view::CustomerView;
use custodian_http::{Answer, Call, Endpoint, Operator, Route};

pub struct CreateAccount;

impl<S: Admissions + OpenAccounts, E: Alarms> Endpoint<S, E> for CreateAccount {
    type Caller = Operator;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customers")
    }

    async fn handle(&self, cx: &Context<S, E>, _: Operator, call: &Call) -> Result<Answer, Failure> {
        let customer = create(cx, Opening::read(&call.json()?)?).await?;
        Ok(Answer::row(&CustomerView::from(&customer)))
    }
}
