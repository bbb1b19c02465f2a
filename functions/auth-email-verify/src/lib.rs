//! `POST /auth/email-verify`: proves an e-mail address with the token that was mailed to it.

use custodian_app::ports::{Alarms, ChangeCustomers, ReadMailTokens};
use custodian_app::{Context, Failure, verify::verify};
use custodian_domain::{Refusal, Secret, fields::Fields};
use custodian_http::view::CustomerView;
use custodian_http::{Answer, Anyone, Call, Endpoint, Route};
use serde_json::json;

pub struct EmailVerify;

impl<S: ReadMailTokens + ChangeCustomers, E: Alarms> Endpoint<S, E> for EmailVerify {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/email-verify")
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, call: &Call) -> Result<Answer, Failure> {
        let customer = verify(cx, &token(call)?).await?;
        Ok(Answer::json(&json!({ "customer": CustomerView::from(&customer) })))
    }
}

fn token(call: &Call) -> Result<Secret, Refusal> {
    let body = call.json()?;
    let mut fields = Fields::new(&body);
    let token = fields.required_text("token", 255);
    fields.finish(Secret::new(token))
}
