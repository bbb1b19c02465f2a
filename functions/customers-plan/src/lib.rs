//! `PUT /v1.0/customers/{id}/plan`: an operator gives an account another plan. What it has beyond the new limits stays.

use custodian_app::ports::{Admissions, ChangeCustomers, Wanted};
use custodian_app::update::{by_operator, update};
use custodian_app::{Context, Failure};
use custodian_domain::{CustomerId, Plan};
use custodian_http::view::CustomerView;
use custodian_http::{Answer, Call, Endpoint, Operator, Route};

pub struct SetPlan;

impl<S: Admissions + ChangeCustomers, E: Send + Sync> Endpoint<S, E> for SetPlan {
    type Caller = Operator;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/customers/{id}/plan")
    }

    fn wanted(&self, call: &Call) -> Wanted {
        call.id().map_or(Wanted::Nothing, |id| Wanted::Customer(CustomerId(id)))
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Operator, call: &Call) -> Result<Answer, Failure> {
        call.id()?;
        let plan = Plan::read(&call.json()?)?;
        let customer = update(cx, caller.target()?, by_operator, |row, now| row.with_plan(plan, now)).await?;
        Ok(Answer::row(&CustomerView::from(&customer)))
    }
}
