//! `POST /auth/logout`: revokes every token of the agent and expires the session cookie. A session that is over already also
//! succeeds, so that a browser drops its cookie.

use custodian_app::ports::{Authenticator, UpdateAgents};
use custodian_app::{Context, Failure, sign_out::sign_out};
use custodian_domain::{Principal, Reason};
use custodian_http::{Endpoint, Request, Response, Route, SessionHolder};
use http::header::SET_COOKIE;
use serde_json::json;

/// Expires the session cookie.
const ENDED: &str = "token=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict";

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
        if let SessionHolder::SignedIn(account) = caller {
            match account.principal {
                Principal::Agent { agent, .. } | Principal::Delegate { guest: agent, .. } => {
                    sign_out(cx, agent).await?;
                }
                // An access key has no session. Deleting the key revokes it.
                Principal::Key(_) => return Err(Reason::PermissionDenied.into()),
            }
        }
        Ok(Response::json(&json!({})).header(SET_COOKIE, ENDED))
    }
}
