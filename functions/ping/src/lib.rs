//! `GET /ping`: the service answers.

use custodian_app::{Context, Failure};
use custodian_http::{Answer, Anyone, Call, Endpoint, Route};
use serde_json::json;

pub struct Ping;

impl<S: Send + Sync, E: Send + Sync> Endpoint<S, E> for Ping {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("GET", "/ping")
    }

    async fn handle(&self, _: &Context<S, E>, _: Anyone, _: &Call) -> Result<Answer, Failure> {
        Ok(Answer::json(&json!({ "message": "pong" })))
    }
}
