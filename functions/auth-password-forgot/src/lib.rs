//! `POST /auth/password-forgot`: mails a link to set a password. Known and unknown names get one answer, and nobody
//! looks a name up before it is given.

use custodian_app::ports::{Request, Requested, Requests, Throttles};
use custodian_app::throttle::{FORGOT_BY_ADDRESS, FORGOT_BY_NAME, attempt};
use custodian_app::{Context, Failure};
use custodian_domain::profile::folded;
use custodian_domain::{Refusal, fields::Fields};
use custodian_http::{Answer, Anyone, Call, Endpoint, Route};
use serde_json::json;

pub struct Forgot;

impl<S: Throttles, E: Requests> Endpoint<S, E> for Forgot {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("POST", "/auth/password-forgot")
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, call: &Call) -> Result<Answer, Failure> {
        let username = username(call)?;
        let limits = [(FORGOT_BY_NAME, &*folded(&username)), (FORGOT_BY_ADDRESS, &call.address)];
        attempt(cx, &limits).await?;
        cx.ends.request(&Requested::new(Request::Forgot { username }, cx.sources.stamp(cx.now()))).await?;
        Ok(Answer::json(&json!({})))
    }
}

fn username(call: &Call) -> Result<String, Refusal> {
    let body = call.json()?;
    let mut fields = Fields::new(&body);
    let username = fields.required_text("username", 4 * 255);
    fields.finish(username)
}
