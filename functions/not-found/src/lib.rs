//! The `$default` route: an unknown path or a wrong method is 404, in the form of every other error. An API with a default
//! route also sends preflight requests of browsers here; they get the CORS headers of the gateway.

use custodian_app::{Context, Failure};
use custodian_domain::Reason;
use custodian_http::{Anyone, Endpoint, Request, Response, Route};

pub struct NotFound;

impl<S: Send + Sync, E: Send + Sync> Endpoint<S, E> for NotFound {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("$default", "")
    }

    async fn handle(&self, _: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        if request.is_preflight() { Ok(Response::empty()) } else { Err(Reason::RouteNotFound.into()) }
    }
}
