//! `GET /v1.0/customers/{id}/hold`: shows the hold on an account, or on its cascade.

use custodian_app::ports::Authenticator;
use custodian_app::{Context, Failure};
use custodian_cascade::{Ledgers, ledger_hold};
use custodian_domain::Reason;
use custodian_http::{AnyCustomer, Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::HoldView;

pub struct ShowHold;

impl<S: Authenticator + Ledgers, E: Send + Sync> Endpoint<S, E> for ShowHold {
    type Caller = PlatformAdmin<AnyCustomer>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customers/{id}/hold")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        let AnyCustomer(customer) = caller.target;
        let hold = if customer.status().is_terminal() {
            ledger_hold(cx, customer.id).await?
        } else {
            customer.hold.ok_or(Reason::HoldNotFound)?
        };
        if !hold.is_active(cx.now()) {
            return Err(Reason::HoldNotFound.into());
        }
        Ok(Response::json(&HoldView::from(&hold)))
    }
}
