//! The API's `$default` route: an unknown path or a wrong method is 404, in the form of every other error. A browser's
//! preflight comes here as well, since a gateway with a default route sends on what no other route takes; the answer is the
//! gateway's own headers, as configured.

use custodian_app::{Context, Failure};
use custodian_domain::Reason;
use custodian_http::{Answer, Anyone, Call, Endpoint, Route};

pub struct NotFound;

impl<S: Send + Sync, E: Send + Sync> Endpoint<S, E> for NotFound {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("$default", "")
    }

    async fn handle(&self, _: &Context<S, E>, _: Anyone, call: &Call) -> Result<Answer, Failure> {
        if call.is_preflight() { Ok(Answer::empty()) } else { Err(Reason::RouteNotFound.into()) }
    }
}
