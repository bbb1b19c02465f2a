//! `POST /v1.0/customer/webhook/deliveries/{id}/redeliver`: attempts a webhook once more.

use custodian_app::hooks::KeepHooks;
use custodian_app::ports::{Admissions, Throttles};
use custodian_app::{Context, Failure};
use custodian_deliveries::{Errands, redeliver};
use custodian_http::{Account, Admin, Answer, Call, Endpoint, Open, Route};

pub struct Redeliver;

impl<S: Admissions + KeepHooks + Throttles, E: Errands> Endpoint<S, E> for Redeliver {
    type Caller = Account<Admin, Open>;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customer/webhook/deliveries/{id}/redeliver")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, call: &Call) -> Result<Answer, Failure> {
        let id = call.id()?;
        Ok(Answer::json(&redeliver(cx, &caller.customer, id).await?))
    }
}
