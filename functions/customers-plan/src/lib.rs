//! `PUT /v1.0/customers/{id}/plan`: changes the plan of an account. Rows beyond the new limits stay.

use custodian_app::billing::set_plan;
use custodian_app::ports::{Authenticator, ChangeCustomers, Prefetch, ReadResources};
use custodian_app::{Context, Failure};
use custodian_domain::{CustomerId, Plan};
use custodian_http::{Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::CustomerView;

pub struct SetPlan;

impl<S: Authenticator + ChangeCustomers + ReadResources, E: Send + Sync> Endpoint<S, E> for SetPlan {
    type Caller = PlatformAdmin;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/customers/{id}/plan")
    }

    fn prefetch(&self, request: &Request) -> Prefetch {
        request.prefetch(|id| Prefetch::Customer(CustomerId(id)))
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: PlatformAdmin,
        request: &Request,
    ) -> Result<Response, Failure> {
        request.id()?;
        let plan = Plan::read(&request.json()?)?;
        let customer = set_plan(cx, caller.target()?, plan).await?;
        Ok(Response::row(&CustomerView::from(&customer)))
    }
}
