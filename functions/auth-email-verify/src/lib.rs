//! `POST /auth/email-verify`: verifies an e-mail address with a mailed token, sent as JSON or by the page's form.

use custodian_app::ports::{
    ChangeCustomers, FindNames, Purpose, ReadAgents, Scheduler, Throttle, UseMailTokens,
};
use custodian_app::throttle::{Quota, TOKEN_BY_ADDRESS, reserve};
use custodian_app::{Context, Failure, verify::verify};
use custodian_domain::{Refusal, Secret, fields::Fields};
use custodian_http::{Anyone, Endpoint, Request, Response, Route, StatusCode, html};
use custodian_views::{EmailVerificationView, NewAccessKeyView};

pub struct EmailVerify;

impl<S, E> Endpoint<S, E> for EmailVerify
where
    S: UseMailTokens + ChangeCustomers + FindNames + ReadAgents + Throttle,
    E: Scheduler,
{
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/email-verify")
    }

    fn responds_with_page(&self, request: &Request) -> bool {
        request.is_form()
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        let token = token(request)?;
        let attempt = reserve(cx, &[Quota::new(TOKEN_BY_ADDRESS, &request.address)]).await?;
        let verified = verify(cx, &token).await?;
        attempt.release(cx).await;
        if request.is_form() {
            let text = match verified.purpose {
                Purpose::EmailChange => "It is the address of the account from now on.",
                _ => {
                    "The account is active. If it has no password yet, a mail with a link to set one is on its way."
                }
            };
            return Ok(html::message(StatusCode::OK, "Your e-mail address is confirmed", text));
        }
        let key = verified.access_key.as_ref().map(|made| NewAccessKeyView::new(&made.key, &made.token));
        Ok(Response::json(&EmailVerificationView::new(&verified.customer, key)))
    }
}

fn token(request: &Request) -> Result<Secret, Refusal> {
    let body = request.json_or_form()?;
    let mut fields = Fields::new(&body);
    let token = fields.required_text("token", 255);
    fields.finish(Secret::new(token))
}
