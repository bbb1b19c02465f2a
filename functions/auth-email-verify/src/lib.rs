//! `POST /auth/email-verify`: proves an e-mail address with the token that was mailed to it, as JSON or by the form of
//! the page.

use custodian_app::ports::{Alarms, ChangeCustomers, Purpose, Throttles, UseMailTokens};
use custodian_app::throttle::{TOKEN_BY_ADDRESS, attempt};
use custodian_app::{Context, Failure, verify::verify};
use custodian_domain::{Refusal, Secret, fields::Fields};
use custodian_http::view::{CustomerView, KeyView};
use custodian_http::{Answer, Anyone, Call, Endpoint, Route, StatusCode, html};
use serde_json::json;

pub struct EmailVerify;

impl<S: UseMailTokens + ChangeCustomers + Throttles, E: Alarms> Endpoint<S, E> for EmailVerify {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/email-verify")
    }

    fn tells_by_page(&self, call: &Call) -> bool {
        call.is_form()
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, call: &Call) -> Result<Answer, Failure> {
        let token = token(call)?;
        let attempt = attempt(cx, &[(TOKEN_BY_ADDRESS, &call.address)]).await?;
        let verified = verify(cx, &token).await?;
        attempt.take_back(cx).await;
        if call.is_form() {
            let text = match verified.purpose {
                Purpose::Change => "It is the address of the account from now on.",
                _ => {
                    "The account is active. If it has no password yet, a mail with a link to set one is on its way."
                }
            };
            return Ok(html::message(StatusCode::OK, "Your e-mail address is confirmed", text));
        }
        let key = verified.access_key.as_ref().map(|made| KeyView::with_token(&made.key, &made.token));
        Ok(Answer::json(&json!({ "customer": CustomerView::from(&verified.customer), "accesskey": key })))
    }
}

fn token(call: &Call) -> Result<Secret, Refusal> {
    let body = call.json_or_form()?;
    let mut fields = Fields::new(&body);
    let token = fields.required_text("token", 255);
    fields.finish(Secret::new(token))
}
