//! `POST /auth/email-verify`: verifies an e-mail address with a mailed token, sent as JSON or by the page's form.

use custodian_app::ports::{ChangeCustomers, FindNames, ReadAgents, Scheduler, Throttle, UseMailTokens};
use custodian_app::rate_limits::{Quota, TOKEN_BY_CLIENT_IP};
use custodian_app::throttle::reserve;
use custodian_app::verify::{VerificationLink, look_up, verify, verify_without_key};
use custodian_app::{Context, Failure};
use custodian_domain::{Reason, Refusal, Secret, fields::Fields};
use custodian_http::{Anyone, Endpoint, Request, Response, Route, pages};
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

    fn shows_errors_as_page(&self, request: &Request) -> bool {
        request.is_form()
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        if request.is_form() {
            return submit_form(cx, request).await;
        }
        let token = token(request)?;
        let reservation = reserve(cx, &[Quota::new(TOKEN_BY_CLIENT_IP, &request.client_ip)]).await?;
        let verified = verify(cx, &token).await;
        reservation.settle(cx, &verified).await;
        let verified = verified?;
        let key = verified.access_key.as_ref().map(|made| NewAccessKeyView::new(&made.key, &made.token));
        Ok(Response::json(&EmailVerificationView::new(&verified.customer, key, cx.now())))
    }
}

/// Verifies without an access key, because the page does not show it.
async fn submit_form<S, E>(cx: &Context<S, E>, request: &Request) -> Result<Response, Failure>
where
    S: UseMailTokens + ChangeCustomers + FindNames + ReadAgents + Throttle,
    E: Scheduler,
{
    let form = request.json_or_form()?;
    let token = pages::form_token(&form)?;
    let reservation = reserve(cx, &[Quota::new(TOKEN_BY_CLIENT_IP, &request.client_ip)]).await?;
    let response = verify_form(cx, token).await;
    reservation.settle(cx, &response).await;
    response
}

async fn verify_form<S, E>(cx: &Context<S, E>, token: &str) -> Result<Response, Failure>
where
    S: UseMailTokens + ChangeCustomers + FindNames + ReadAgents,
    E: Scheduler,
{
    match verify_without_key(cx, &Secret::new(token)).await {
        Ok(_) => Ok(pages::redirect_done(pages::VERIFY, Some(token))),
        // After a second click on the button, the link's page says that the address is confirmed already.
        Err(failure) if failure.is(Reason::InvalidToken) => match look_up(cx, &Secret::new(token)).await? {
            VerificationLink::Confirmed { .. } => Ok(pages::redirect_to_link(pages::VERIFY, token)),
            _ => Err(failure),
        },
        Err(failure) => Err(failure),
    }
}

fn token(request: &Request) -> Result<Secret, Refusal> {
    let body = request.json()?;
    let mut fields = Fields::new(&body);
    let token = fields.required_text("token", 255);
    fields.finish(Secret::new(token))
}
