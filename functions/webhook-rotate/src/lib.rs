//! `POST /v1.0/customer/webhook/rotate`: makes a new signing secret and shows it, this once.

use custodian_app::hooks::KeepHooks;
use custodian_app::ports::{Admissions, ReadCustomers};
use custodian_app::{Context, Failure};
use custodian_deliveries::rotate;
use custodian_http::{Account, Admin, Answer, Call, Endpoint, Open, Route};

pub struct RotateSecret;

impl<S: Admissions + KeepHooks + ReadCustomers, E: Send + Sync> Endpoint<S, E> for RotateSecret {
    type Caller = Account<Admin, Open>;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customer/webhook/rotate")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, _: &Call) -> Result<Answer, Failure> {
        Ok(Answer::json(&rotate(cx, &caller.customer).await?))
    }
}
