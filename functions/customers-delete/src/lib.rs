//! `DELETE /v1.0/customers/{id}`: lets an operator delete an account at once. The response shows the account for the last
//! time. The stored row is anonymised.

use custodian_app::ports::{Authenticator, ChangeCustomers, Scheduler};
use custodian_app::{ChangeOutcome, Context, Failure, change};
use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_http::{AnyCustomer, Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::CustomerView;

pub struct DeleteAccount;

impl<S: Authenticator + ChangeCustomers, E: Scheduler> Endpoint<S, E> for DeleteAccount {
    type Caller = PlatformAdmin<AnyCustomer>;

    fn route(&self) -> Route {
        Route::new("DELETE", "/v1.0/customers/{id}")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        let AnyCustomer(customer) = caller.target;
        let outcome =
            change(cx, customer.id, Some(customer), Command::Delete(Initiator::Operator), None).await?;
        if let ChangeOutcome::Changed { before, after } = &outcome {
            return Ok(Response::row(&CustomerView::as_deleted(before, after, cx.now())));
        }
        Ok(Response::row(&CustomerView::new(&outcome.customer()?, cx.now())))
    }
}
