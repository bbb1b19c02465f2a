//! `POST /auth/login`: signs an agent in with username and password. The token is in the body and in a cookie.
//!
//! Published clients send the JSON as `text/plain` or as a form. A page of another site can do that as well. So the response to
//! such a request sets no cookie. Otherwise, that page could sign its visitor in to the attacker's account.

use custodian_app::ports::{Authenticator, FindNames, RecordSignIns, SignedInAgent, Throttle, TokenSigner};
use custodian_app::{Context, Failure, sign_in::sign_in};
use custodian_domain::credentials::{MAX_ENTERED_PASSWORD, MAX_ENTERED_USERNAME};
use custodian_domain::{Refusal, Secret, fields::Fields};
use custodian_http::{Anyone, Endpoint, Request, Response, Route, SESSION_COOKIE};
use custodian_views::SessionView;
use http::header::SET_COOKIE;

pub struct Login;

impl<S: FindNames + Authenticator + Throttle + RecordSignIns, E: TokenSigner> Endpoint<S, E> for Login {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/login")
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        let (username, password) = read(request)?;
        let SignedInAgent { username, token } = sign_in(cx, username, password, &request.client_ip).await?;
        let response = Response::json(&SessionView::new(&username, token.expose()));
        if !request.is_json() {
            return Ok(response);
        }
        let cookie = format!(
            "{SESSION_COOKIE}={}; Max-Age={}; Path=/; Secure; HttpOnly; SameSite=Strict",
            token.expose(),
            cx.settings.session.as_secs()
        );
        Ok(response.header(SET_COOKIE, cookie))
    }
}

fn read(request: &Request) -> Result<(String, Secret), Refusal> {
    let body = request.json_of_any_media_type()?;
    let mut fields = Fields::new(&body);
    let username = fields.required_text("username", MAX_ENTERED_USERNAME);
    let password = fields.required_text("password", MAX_ENTERED_PASSWORD);
    fields.finish((username, Secret::new(password)))
}
