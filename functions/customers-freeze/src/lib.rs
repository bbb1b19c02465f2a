//! `POST /v1.0/customers/{id}/freeze`: lets an operator freeze an account, or take over and extend a freeze. Then only an operator
//! can recover the account, or delete it before its deadline.

use custodian_app::ports::{Authenticator, ChangeCustomers, Scheduler};
use custodian_app::{Context, Failure, change};
use custodian_domain::fields::Fields;
use custodian_domain::lifecycle::Command;
use custodian_domain::{Refusal, Timestamp};
use custodian_http::{AnyCustomer, Endpoint, PlatformAdmin, Request, Response, Route};
use custodian_views::CustomerView;
use serde_json::{Map, Value};

pub struct FreezeAccount;

impl<S: Authenticator + ChangeCustomers, E: Scheduler> Endpoint<S, E> for FreezeAccount {
    type Caller = PlatformAdmin<AnyCustomer>;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customers/{id}/freeze")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        request: &Request,
    ) -> Result<Response, Failure> {
        let until = read_deadline(&request.optional_json()?, cx.now())?;
        let AnyCustomer(customer) = caller.target;
        let command = Command::Suspend { grace: cx.settings.grace, until };
        let customer = change(cx, customer.id, Some(customer), command, None).await?.customer()?;
        Ok(Response::row(&CustomerView::new(&customer, cx.now())))
    }
}

/// The date of the deletion, if the operator chooses it.
fn read_deadline(body: &Map<String, Value>, now: Timestamp) -> Result<Option<Timestamp>, Refusal> {
    let mut fields = Fields::new(body);
    let deadline = fields.later_time("tm_deletion_scheduled", now);
    fields.finish(deadline)
}
