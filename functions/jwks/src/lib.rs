//! `GET /.well-known/jwks.json`: publishes the public keys that verify receipts, as a JSON Web Key Set (RFC 7517). Retired keys
//! stay published, so that every receipt stays verifiable.

use custodian_app::ports::PublishedReceiptKeys;
use custodian_app::{Context, Failure};
use custodian_auth::receipt::ReceiptKey;
use custodian_http::{Anyone, Endpoint, Request, Response, Route};
use serde_json::json;

pub struct PublishKeys;

impl<S: PublishedReceiptKeys, E: Send + Sync> Endpoint<S, E> for PublishKeys {
    type Caller = Anyone;

    fn route(&self) -> Route {
        Route::new("GET", "/.well-known/jwks.json")
    }

    async fn handle(&self, cx: &Context<S, E>, _: Anyone, _: &Request) -> Result<Response, Failure> {
        let keys = cx.store.receipt_keys().await?;
        let keys: Vec<_> = keys.iter().map(ReceiptKey::to_jwk).collect();
        Ok(Response::json(&json!({ "keys": keys })))
    }
}
