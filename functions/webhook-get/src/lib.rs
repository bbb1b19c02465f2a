//! `GET /v1.0/customer/webhook`: where the account is told what happens, and whether that works.

use custodian_app::hooks::KeepHooks;
use custodian_app::ports::Admissions;
use custodian_app::{Context, Failure};
use custodian_deliveries::show;
use custodian_http::{Account, Admin, Answer, Call, Endpoint, Open, Route};

pub struct ShowWebhook;

impl<S: Admissions + KeepHooks, E: Send + Sync> Endpoint<S, E> for ShowWebhook {
    type Caller = Account<Admin, Open>;

    fn route(&self) -> Route {
        Route::new("GET", "/v1.0/customer/webhook")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, _: &Call) -> Result<Answer, Failure> {
        Ok(Answer::json(&show(cx, &caller.customer).await?))
    }
}
