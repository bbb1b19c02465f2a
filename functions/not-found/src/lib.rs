//! The `$default` route: responds 404 to an unknown path or a wrong method, in the format of every other error. With a default
//! route, API Gateway forwards CORS preflight requests too. It adds the CORS headers to the empty response.

use custodian_app::{Context, Failure};
use custodian_http::endpoint::wrong_method;
use custodian_http::{Anyone, Endpoint, Request, Response, Route};

pub struct NotFound;

impl<S: Send + Sync, E: Send + Sync> Endpoint<S, E> for NotFound {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("$default", "")
    }

    async fn handle(&self, _: &Context<S, E>, _: Anyone, request: &Request) -> Result<Response, Failure> {
        wrong_method(request)
    }
}
