//! `PUT /v1.0/customers/{id}/plan`: changes the plan of an account. Rows beyond the new limits stay.

use custodian_app::billing::set_plan;
use custodian_app::ports::{Authenticator, ChangeCustomers, ReadResources};
use custodian_app::{Context, Failure};
use custodian_domain::Plan;
use custodian_http::{AnyCustomer, Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::CustomerView;

pub struct SetPlan;

impl<S: Authenticator + ChangeCustomers + ReadResources, E: Send + Sync> Endpoint<S, E> for SetPlan {
    type Caller = PlatformAdmin<AnyCustomer>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/customers/{id}/plan")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let plan = Plan::read(&request.json()?)?;
        let customer = set_plan(cx, caller.target.0, plan).await?;
        Ok(Response::row(&CustomerView::new(&customer, cx.now())))
    }
}
