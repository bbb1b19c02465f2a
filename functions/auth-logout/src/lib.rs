//! `POST /auth/logout`: revokes every token of the agent and expires the session cookies. A session that is over already also
//! succeeds, so that a browser drops its cookie.

use custodian_app::ports::{Authenticator, UpdateAgents};
use custodian_app::{Context, Failure, sign_out::sign_out};
use custodian_http::{
    Endpoint, FORMER_SESSION_COOKIE, Request, Response, Route, SESSION_COOKIE, SessionHolder,
};
use http::header::SET_COOKIE;
use serde_json::json;

pub struct Logout;

impl<S: Authenticator + UpdateAgents, E: Send + Sync> Endpoint<S, E> for Logout {
    type Caller = SessionHolder;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/logout")
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        caller: Self::Caller,
        _: &Request,
    ) -> Result<Response, Failure> {
        if let SessionHolder::SignedIn(agent, _) = caller {
            sign_out(cx, *agent).await?;
        }
        let expired = |name| format!("{name}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict");
        let response = Response::json(&json!({})).header(SET_COOKIE, expired(SESSION_COOKIE));
        Ok(response.header(SET_COOKIE, expired(FORMER_SESSION_COOKIE)))
    }
}
