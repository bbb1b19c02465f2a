//! `PUT /v1.0/customers/{id}/hold`: places a hold, so that nothing deletes the account. On an account that is being deleted, it
//! stops the cascade. A second hold replaces the first.

use custodian_app::hold::place_hold;
use custodian_app::ports::{Authenticator, ChangeCustomers};
use custodian_app::{Context, Failure};
use custodian_cascade::{Ledgers, pause};
use custodian_domain::Hold;
use custodian_http::{AnyCustomer, Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::HoldView;

pub struct PlaceHold;

impl<S: Authenticator + ChangeCustomers + Ledgers, E: Send + Sync> Endpoint<S, E> for PlaceHold {
    type Caller = PlatformAdmin<AnyCustomer>;

    fn route(&self) -> Route {
        Route::new("PUT", "/v1.0/customers/{id}/hold")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let hold = Hold::read(&request.json()?, caller.agent().id, cx.now())?;
        let AnyCustomer(customer) = caller.target;
        if customer.status().is_terminal() {
            pause(cx, customer.id, &hold).await?;
        } else {
            place_hold(cx, customer, hold.clone()).await?;
        }
        Ok(Response::json(&HoldView::from(&hold)))
    }
}
