//! `DELETE /auth/unregister`: recovers an account that one of its administrators or access keys froze. Only an operator recovers
//! an account that an operator froze.

use custodian_app::ports::{Authenticator, ChangeCustomers, Scheduler};
use custodian_app::{Context, Failure, change};
use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_http::{Account, Admin, Endpoint, NotDeleted, OwnAccount, Request, Response, Route};
use custodian_views::CustomerView;

pub struct CancelUnregister;

impl<S: Authenticator + ChangeCustomers, E: Scheduler> Endpoint<S, E> for CancelUnregister {
    type Caller = Account<Admin, NotDeleted, OwnAccount>;

    fn route(&self) -> Route {
        Route::new("DELETE", "/auth/unregister")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        let id = caller.customer_id();
        let customer = change(cx, id, Some(caller.customer), Command::Recover(Initiator::Owner), None)
            .await?
            .customer()?;
        Ok(Response::row(&CustomerView::new(&customer, cx.now())))
    }
}
