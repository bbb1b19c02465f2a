//! `POST /auth/password-forgot`: mails a link to set a password. The response is the same for known and unknown names,
//! because this function only queues the request. The `requests` function looks up the name.

use custodian_app::ports::{DeferredRequest, QueuedRequest, RequestQueue, Throttle};
use custodian_app::throttle::{FORGOT_BY_NAME, FORGOT_BY_NETWORK, Quota, client_network, reserve};
use custodian_app::{Context, Failure};
use custodian_domain::agent::MAX_ENTERED_USERNAME;
use custodian_domain::precis::username_key;
use custodian_domain::{Refusal, fields::Fields};
use custodian_http::{Anyone, Endpoint, Request, Response, Route};
use serde_json::json;

pub struct ForgotPassword;

impl<S: Throttle, E: RequestQueue> Endpoint<S, E> for ForgotPassword {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/password-forgot")
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        let username = username(request)?;
        let (name, network) = (username_key(&username), client_network(&request.address));
        reserve(cx, &[Quota::new(FORGOT_BY_NAME, &name), Quota::new(FORGOT_BY_NETWORK, &network)]).await?;
        cx.services
            .enqueue_request(&QueuedRequest::new(
                DeferredRequest::ForgotPassword { username },
                cx.providers.id_seed(cx.now()),
            ))
            .await?;
        Ok(Response::json(&json!({})))
    }
}

fn username(request: &Request) -> Result<String, Refusal> {
    let body = request.json()?;
    let mut fields = Fields::new(&body);
    let username = fields.required_text("username", MAX_ENTERED_USERNAME);
    fields.finish(username)
}
