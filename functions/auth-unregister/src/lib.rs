//! `POST /auth/unregister`: freezes the account until the end of the grace period, or deletes it at once.

use custodian_app::ports::{Authenticator, ChangeCustomers, CountRowsToDelete, Scheduler, Throttle};
use custodian_app::unregister::{UnregisterPlan, UnregisterRequest, plan, unregister};
use custodian_app::{Context, Failure};
use custodian_http::{
    Account, Admin, Endpoint, NoDelegate, NotDeleted, OwnAccount, Request, Response, Route,
};
use custodian_views::{CustomerView, UnregisterPlanView};

pub struct Unregister;

impl<S: Authenticator + ChangeCustomers + CountRowsToDelete + Throttle, E: Scheduler> Endpoint<S, E>
    for Unregister
{
    type Caller = Account<NoDelegate<Admin>, NotDeleted, OwnAccount>;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/unregister")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let body = UnregisterRequest::read(&request.json()?)?;
        if body.is_dry_run() {
            return Ok(plan_response(&plan(cx, &caller.customer, &body).await?));
        }
        let customer = unregister(cx, caller.customer, &caller.principal, body, &request.client_ip).await?;
        Ok(Response::row(&CustomerView::from(&customer)))
    }
}

fn plan_response(plan: &UnregisterPlan) -> Response {
    let UnregisterPlan { customer_id, immediate, tm_due, rows } = plan;
    Response::json(&UnregisterPlanView::new(*customer_id, *immediate, *tm_due, &rows.tables, &rows.numbers))
}
