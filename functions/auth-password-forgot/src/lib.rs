//! `POST /auth/password-forgot`: mails a link to set a password. The response is the same for known and unknown names,
//! because this function only queues the request. The `requests` function looks up the name.

use custodian_app::ports::{DeferredRequest, QueuedRequest, RequestQueue, Throttle};
use custodian_app::rate_limits::{FORGOT_BY_NAME, FORGOT_BY_NETWORK, Quota, client_network};
use custodian_app::throttle::reserve;
use custodian_app::{Context, Failure};
use custodian_domain::credentials::MAX_ENTERED_USERNAME;
use custodian_domain::precis::username_key;
use custodian_domain::{Refusal, fields::Fields};
use custodian_http::{Anyone, Endpoint, Request, Response, Route, pages};
use serde_json::{Map, Value, json};

pub struct ForgotPassword;

impl<S: Throttle, E: RequestQueue> Endpoint<S, E> for ForgotPassword {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/password-forgot")
    }

    fn shows_errors_as_page(&self, request: &Request) -> bool {
        request.is_form()
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        let body = request.json_or_form()?;
        let username = match username(&body) {
            Err(_) if request.is_form() => return Ok(form_again(cx, &body)),
            username => username?,
        };
        let (name, network) = (username_key(&username), client_network(&request.client_ip));
        reserve(
            cx,
            &[
                Quota::new(FORGOT_BY_NAME, &format!("{name} {network}")),
                Quota::new(FORGOT_BY_NETWORK, &network),
            ],
        )
        .await?;
        cx.services
            .enqueue_request(&QueuedRequest::new(
                DeferredRequest::ForgotPassword { username },
                cx.providers.id_seed(cx.now()),
            ))
            .await?;
        if request.is_form() {
            return Ok(pages::redirect_done(pages::FORGOT, None));
        }
        Ok(Response::json(&json!({})))
    }
}

/// The form with the entered username and its error.
fn form_again<S, E>(cx: &Context<S, E>, form: &Map<String, Value>) -> Response {
    let entered = form.get("username").and_then(Value::as_str).unwrap_or_default();
    let error = match entered {
        "" => "Enter your username or your e-mail address.",
        _ => "This is neither a username nor an e-mail address.",
    };
    pages::password::request_link_form(&cx.settings.brand, entered, Some(error))
}

fn username(body: &Map<String, Value>) -> Result<String, Refusal> {
    let mut fields = Fields::new(body);
    let username = fields.required_text("username", MAX_ENTERED_USERNAME);
    fields.finish(username)
}
