//! `DELETE /v1.0/customers/{id}/hold`: releases the hold, and does what it prevented: an overdue account is purged or expired,
//! and a stopped cascade continues. While the brake is on, both wait.

use custodian_app::hold::release_hold;
use custodian_app::ports::{Authenticator, ChangeCustomers, Scheduler};
use custodian_app::{Context, Failure};
use custodian_cascade::{CascadeQueue, Ledgers, release};
use custodian_http::{AnyCustomer, Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::HoldView;

pub struct ReleaseHold;

impl<S: Authenticator + ChangeCustomers + Ledgers, E: Scheduler + CascadeQueue> Endpoint<S, E>
    for ReleaseHold
{
    type Caller = PlatformAdmin<AnyCustomer>;

    fn route(&self) -> Route {
        Route::new("DELETE", "/v1.0/customers/{id}/hold")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        let AnyCustomer(customer) = caller.target;
        let hold = if customer.status().is_terminal() {
            release(cx, customer.id).await?
        } else {
            release_hold(cx, customer).await?
        };
        Ok(Response::json(&HoldView::from(&hold)))
    }
}
