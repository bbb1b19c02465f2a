//! `POST /auth/logout`: every token of the agent is dead, this one and all others.

use custodian_app::ports::{Admissions, UpdateAgents};
use custodian_app::{Context, Failure, sign_out::sign_out};
use custodian_domain::{Actor, Reason};
use custodian_http::{Account, Answer, AnyAgent, Call, Endpoint, Living, Route};
use http::header::SET_COOKIE;
use serde_json::json;

/// The cookie of login, ended.
const ENDED: &str = "token=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict";

pub struct Logout;

impl<S: Admissions + UpdateAgents, E: Send + Sync> Endpoint<S, E> for Logout {
    type Caller = Account<AnyAgent, Living>;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/logout")
    }

    async fn handle(&self, cx: &Context<S, E>, caller: Self::Caller, _: &Call) -> Result<Answer, Failure> {
        match caller.actor {
            Actor::Agent(agent) | Actor::Delegate { guest: agent, .. } => sign_out(cx, agent).await?,
            // A key is no session; it ends by being deleted.
            Actor::Key(_) => return Err(Reason::PermissionDenied.into()),
        }
        Ok(Answer::json(&json!({})).header(SET_COOKIE, ENDED))
    }
}
