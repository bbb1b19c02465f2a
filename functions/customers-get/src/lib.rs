//! `GET /v1.0/customers/{id}`: any account, also one that is gone.

use custodian_app::ports::{Admissions, Wanted};
use custodian_app::{Context, Failure};
use custodian_domain::CustomerId;
use custodian_http::view::CustomerView;
use custodian_http::{Answer, Call, Endpoint, Operator, Route};

pub struct GetAccount;

impl<S: Admissions, E: Send + Sync> Endpoint<S, E> for GetAccount {
    type Caller = Operator;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customers/{id}")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, |id| Wanted::Customer(CustomerId(id)))
    }

    async fn handle(&self, _: &Context<S, E>, caller: Operator, call: &Call) -> Result<Answer, Failure> {
        call.id()?;
        Ok(Answer::row(&CustomerView::from(&caller.target()?)))
    }
}
