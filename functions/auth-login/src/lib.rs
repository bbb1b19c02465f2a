//! `POST /auth/login`: a username and a password for a token, in the body and as a cookie.

use custodian_app::ports::{Admissions, FindLogins, Rehash, Session, Signs, Throttles};
use custodian_app::{Context, Failure, sign_in::sign_in};
use custodian_domain::{Refusal, Secret, fields::Fields};
use custodian_http::{Answer, Anyone, Call, Endpoint, Route};
use http::header::SET_COOKIE;
use serde_json::json;

pub struct Login;

impl<S: FindLogins + Admissions + Throttles + Rehash, E: Signs> Endpoint<S, E> for Login {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/login")
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, call: &Call) -> Result<Answer, Failure> {
        let (username, password) = read(call)?;
        let Session { username, token } = sign_in(cx, username, password, &call.address).await?;
        let cookie = format!(
            "token={}; Max-Age={}; Path=/; Secure; HttpOnly; SameSite=Strict",
            token.expose(),
            cx.settings.session.as_secs()
        );
        Ok(Answer::json(&json!({ "username": username, "token": token.expose() })).header(SET_COOKIE, cookie))
    }
}

fn read(call: &Call) -> Result<(String, Secret), Refusal> {
    let body = call.json()?;
    let mut fields = Fields::new(&body);
    let (username, password) =
        (fields.required_text("username", 4 * 255), fields.required_text("password", 4 * 128));
    fields.finish((username, Secret::new(password)))
}
