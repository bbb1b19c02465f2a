//! `GET /auth/email-verify?token=`: the page behind a mailed verification link. Opening the page changes nothing, because
//! mail scanners open links too. The button on the page submits the form.

use custodian_app::{Context, Failure};
use custodian_auth::mail_token::is_well_formed;
use custodian_domain::Reason;
use custodian_http::{Anyone, Endpoint, Request, Response, Route, StatusCode, html};

pub struct EmailVerifyPage;

impl<S: Send + Sync, E: Send + Sync> Endpoint<S, E> for EmailVerifyPage {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("GET", "/auth/email-verify")
    }

    fn responds_with_page(&self, _: &Request) -> bool {
        true
    }

    async fn handle(&self, _: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        let token =
            request.query("token").filter(|token| is_well_formed(token)).ok_or(Reason::InvalidToken)?;
        let body = format!(
            "<p>Press the button to confirm that this address is yours.</p><form method=\"post\" action=\"/auth/email-verify\">\
             <input type=\"hidden\" name=\"token\" value=\"{token}\">\
             <button type=\"submit\">Confirm</button></form>"
        );
        Ok(html::page(StatusCode::OK, "Confirm your e-mail address", &body))
    }
}
