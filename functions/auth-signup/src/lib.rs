//! `POST /auth/signup`: opens an account for whoever reads the mail. Known and new addresses get one answer: what is
//! valid is queued, and nobody looks the address up before the answer.

use custodian_app::ports::{Request, Requested, Requests, Throttles};
use custodian_app::throttle::{SIGNUP_BY_ADDRESS, SIGNUP_BY_EMAIL, attempt};
use custodian_app::{Context, Failure, sign_up};
use custodian_domain::profile::folded;
use custodian_http::{Answer, Anyone, Call, Endpoint, Route};
use serde_json::json;

pub struct SignUp;

impl<S: Throttles, E: Requests> Endpoint<S, E> for SignUp {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/signup")
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, call: &Call) -> Result<Answer, Failure> {
        let profile = sign_up::read(&call.json()?)?;
        let limits = [(SIGNUP_BY_EMAIL, &*folded(&profile.email)), (SIGNUP_BY_ADDRESS, &call.address)];
        attempt(cx, &limits).await?;
        cx.ends.request(&Requested::new(Request::SignUp { profile }, cx.sources.stamp(cx.now()))).await?;
        Ok(Answer::json(&json!({})))
    }
}
