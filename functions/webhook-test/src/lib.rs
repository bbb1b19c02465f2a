//! `POST /v1.0/customer/webhook/test`: sends a webhook that says nothing.

use custodian_app::ports::{Admissions, Throttles};
use custodian_app::{Context, Failure};
use custodian_deliveries::{Errands, test};
use custodian_http::{Account, Admin, Answer, Call, Endpoint, Open, Route};

pub struct TestWebhook;

impl<S: Admissions + Throttles, E: Errands> Endpoint<S, E> for TestWebhook {
    type Caller = Account<Admin, Open>;

    fn route(&self) -> Route {
        Route::new("POST", "/v1.0/customer/webhook/test")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, _: &Call) -> Result<Answer, Failure> {
        Ok(Answer::json(&test(cx, &caller.customer).await?))
    }
}
