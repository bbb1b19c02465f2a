//! `PUT /v1.0/customers/{id}/plan`: an operator gives an account another plan. What it has beyond the new limits stays.

use custodian_app::billing::set_plan;
use custodian_app::ports::{Admissions, ChangeCustomers, ReadResources, Wanted};
use custodian_app::{Context, Failure};
use custodian_domain::{CustomerId, Plan};
use custodian_http::view::CustomerView;
use custodian_http::{Answer, Call, Endpoint, Operator, Route};

pub struct SetPlan;

impl<S: Admissions + ChangeCustomers + ReadResources, E: Send + Sync> Endpoint<S, E> for SetPlan {
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
        let customer = set_plan(cx, caller.target()?, plan).await?;
        Ok(Answer::row(&CustomerView::from(&customer)))
    }
}
