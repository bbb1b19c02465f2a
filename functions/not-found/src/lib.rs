//! The API's `$default` route: an unknown path or a wrong method is 404, in the form of every other error.

use custodian_app::{Context, Failure};
use custodian_domain::Reason;
use custodian_http::{Answer, Anyone, Call, Endpoint, Route};

pub struct NotFound;

impl<S: Send + Sync, E: Send + Sync> Endpoint<S, E> for NotFound {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("$default", "")
    }

    async fn handle(&self, _: &Context<S, E>, _: Anyone, _: &Call) -> Result<Answer, Failure> {
        Err(Reason::RouteNotFound.into())
    }
}
