//! `POST /auth/password-reset`: sets a password with a mailed token, as JSON or by the form of the page.

use custodian_app::ports::{ReadMailTokens, Throttles, UpdateAgents};
use custodian_app::throttle::{TOKEN_BY_ADDRESS, attempt};
use custodian_app::{Context, Failure, password::reset};
use custodian_domain::agent::password_fault;
use custodian_domain::{Refusal, Secret, fields::Fields};
use custodian_http::{Answer, Anyone, Call, Endpoint, Route, StatusCode, html};
use serde_json::json;

pub struct PasswordReset;

impl<S: ReadMailTokens + UpdateAgents + Throttles, E: Send + Sync> Endpoint<S, E> for PasswordReset {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/password-reset")
    }

    fn tells_by_page(&self, call: &Call) -> bool {
        call.is_form()
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, call: &Call) -> Result<Answer, Failure> {
        let (token, password) = read(call)?;
        let attempt = attempt(cx, &[(TOKEN_BY_ADDRESS, &call.address)]).await?;
        reset(cx, &token, password).await?;
        attempt.take_back(cx).await;
        if call.is_form() {
            return Ok(html::message(StatusCode::OK, "Your password is set", "You can log in with it now."));
        }
        Ok(Answer::json(&json!({})))
    }
}

fn read(call: &Call) -> Result<(Secret, Secret), Refusal> {
    let body = call.json_or_form()?;
    let mut fields = Fields::new(&body);
    let (token, password) = (fields.required_text("token", 255), fields.required_text("password", 4 * 128));
    if let Some(fault) = password_fault(&password).filter(|_| !password.is_empty()) {
        fields.refuse("password", fault);
    }
    fields.finish((Secret::new(token), Secret::new(password)))
}
