//! `POST /auth/password-reset`: sets a password with a mailed token, sent as JSON or by the page's form.

use custodian_app::ports::{ClearThrottles, ReadMailTokens, Throttle, UpdateAgents};
use custodian_app::throttle::{Quota, TOKEN_BY_ADDRESS, reserve};
use custodian_app::{Context, Failure, password::reset};
use custodian_domain::agent::new_password;
use custodian_domain::{Refusal, Secret, fields::Fields};
use custodian_http::{Anyone, Endpoint, Request, Response, Route, StatusCode, html};
use serde_json::json;

pub struct PasswordReset;

impl<S, E: Send + Sync> Endpoint<S, E> for PasswordReset
where
    S: ReadMailTokens + UpdateAgents + Throttle + ClearThrottles,
{
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/password-reset")
    }

    fn responds_with_page(&self, request: &Request) -> bool {
        request.is_form()
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        let (token, password) = read(request)?;
        let attempt = reserve(cx, &[Quota::new(TOKEN_BY_ADDRESS, &request.address)]).await?;
        reset(cx, &token, password).await?;
        attempt.release(cx).await;
        if request.is_form() {
            return Ok(html::message(StatusCode::OK, "Your password is set", "You can log in with it now."));
        }
        Ok(Response::json(&json!({})))
    }
}

fn read(request: &Request) -> Result<(Secret, Secret), Refusal> {
    let body = request.json_or_form()?;
    let mut fields = Fields::new(&body);
    let (token, password) = (fields.required_text("token", 255), new_password(&mut fields));
    fields.finish((Secret::new(token), password))
}
