//! `GET /auth/password-reset?token=`: the page behind a mailed link to set a password. Opening the page changes nothing,
//! because mail scanners open links too. The button on the page submits the form. The page shows the username to the reader and
//! to password managers.

use custodian_app::password::username_of;
use custodian_app::ports::{ReadAgents, ReadMailTokens};
use custodian_app::{Context, Failure};
use custodian_auth::mail_token::is_well_formed;
use custodian_domain::{Reason, Secret};
use custodian_http::{Anyone, Endpoint, Request, Response, Route, StatusCode, html};

pub struct PasswordResetPage;

impl<S: ReadMailTokens + ReadAgents, E: Send + Sync> Endpoint<S, E> for PasswordResetPage {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("GET", "/auth/password-reset")
    }

    fn responds_with_page(&self, _: &Request) -> bool {
        true
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        let token =
            request.query("token").filter(|token| is_well_formed(token)).ok_or(Reason::InvalidToken)?;
        let username = html::escape_html(&username_of(cx, &Secret::new(token)).await?);
        let body = format!(
            "<form method=\"post\" action=\"/auth/password-reset\">\
             <input type=\"hidden\" name=\"token\" value=\"{token}\">\
             <label for=\"username\">Username</label>\
             <input id=\"username\" name=\"username\" value=\"{username}\" autocomplete=\"username\" readonly>\
             <label for=\"password\">New password, 8 to 128 characters</label>\
             <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"new-password\" \
             required minlength=\"8\" maxlength=\"128\">\
             <button type=\"submit\">Set password</button></form>"
        );
        Ok(html::page(StatusCode::OK, "Set your password", &body))
    }
}
