//! `GET /ping`: shows that the service responds.

use custodian_app::{Context, Failure};
use custodian_http::{Anyone, Endpoint, Request, Response, Route};
use serde_json::json;

pub struct Ping;

impl<S: Send + Sync, E: Send + Sync> Endpoint<S, E> for Ping {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("GET", "/ping")
    }

    async fn handle(&self, _: &Context<S, E>, _: Anyone, _: &Request) -> Result<Response, Failure> {
        Ok(Response::json(&json!({ "message": "pong" })))
    }
}
