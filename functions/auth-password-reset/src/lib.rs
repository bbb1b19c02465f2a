//! `POST /auth/password-reset`: sets a password with a mailed token, sent as JSON or by the page's form.

use custodian_app::password::{is_used, look_up, reset};
use custodian_app::ports::{ClearThrottles, ReadMailTokens, Throttle, UpdateAgents};
use custodian_app::rate_limits::{Quota, TOKEN_BY_CLIENT_IP};
use custodian_app::throttle::reserve;
use custodian_app::{Context, Failure};
use custodian_domain::credentials::{new_password, password_error};
use custodian_domain::{Reason, Refusal, Secret, fields::Fields};
use custodian_http::{Anyone, Endpoint, Request, Response, Route, pages};
use serde_json::{Map, Value, json};

pub struct PasswordReset;

impl<S, E: Send + Sync> Endpoint<S, E> for PasswordReset
where
    S: ReadMailTokens + UpdateAgents + Throttle + ClearThrottles,
{
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/password-reset")
    }

    fn shows_errors_as_page(&self, request: &Request) -> bool {
        request.is_form()
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        let body = request.json_or_form()?;
        if request.is_form() {
            return submit_form(cx, request, &body).await;
        }
        let (token, password) = read(&body)?;
        let reservation = reserve(cx, &[Quota::new(TOKEN_BY_CLIENT_IP, &request.client_ip)]).await?;
        let outcome = reset(cx, &token, password).await;
        reservation.settle(cx, &outcome).await;
        outcome.map(|()| Response::json(&json!({})))
    }
}

async fn submit_form<S: ReadMailTokens + UpdateAgents + Throttle + ClearThrottles, E: Send + Sync>(
    cx: &Context<S, E>,
    request: &Request,
    form: &Map<String, Value>,
) -> Result<Response, Failure> {
    let token = pages::form_token(form)?;
    let reservation = reserve(cx, &[Quota::new(TOKEN_BY_CLIENT_IP, &request.client_ip)]).await?;
    let response = reset_form(cx, token, form).await;
    reservation.settle(cx, &response).await;
    response
}

async fn reset_form<S: ReadMailTokens + UpdateAgents + ClearThrottles, E: Send + Sync>(
    cx: &Context<S, E>,
    token: &str,
    form: &Map<String, Value>,
) -> Result<Response, Failure> {
    match set_password(cx, token, form).await {
        // After a double click, the second request finds a used token. The page of the link then says that the link was used.
        Err(failure) if failure.is(Reason::InvalidToken) && is_used(cx, &Secret::new(token)).await? => {
            Ok(pages::redirect_to_link(pages::RESET, token))
        }
        response => response,
    }
}

/// Sets the password. If the password is invalid, shows the form again with the error.
async fn set_password<S: ReadMailTokens + UpdateAgents + ClearThrottles, E: Send + Sync>(
    cx: &Context<S, E>,
    token: &str,
    form: &Map<String, Value>,
) -> Result<Response, Failure> {
    match read(form) {
        Ok((_, password)) => {
            reset(cx, &Secret::new(token), password).await?;
            Ok(pages::redirect_done(pages::RESET, Some(token)))
        }
        Err(refusal) => {
            let error = password_sentence(form, &refusal).ok_or(refusal)?;
            let (customer, agent) = look_up(cx, &Secret::new(token)).await?;
            let brand = &cx.settings.brand;
            Ok(pages::password::set_password_form(brand, token, &customer, &agent, Some(&error)))
        }
    }
}

/// The error of the password, as a sentence. The rules for passwords come before the general rules for texts, because the general
/// rules count bytes and people count characters.
fn password_sentence(form: &Map<String, Value>, refusal: &Refusal) -> Option<String> {
    let entered = form.get("password").and_then(Value::as_str).filter(|entered| !entered.is_empty());
    let error = entered.and_then(password_error).map(|error| format!("The password {error}."));
    error.or_else(|| pages::field_sentence(refusal, "password"))
}

fn read(body: &Map<String, Value>) -> Result<(Secret, Secret), Refusal> {
    let mut fields = Fields::new(body);
    let (token, password) = (fields.required_text("token", 255), new_password(&mut fields));
    fields.finish((Secret::new(token), password))
}
