//! What our functions are measured beside: the least that a Rust function can be, with and without the SDK.
#![cfg(feature = "lambda")]

use argon2::{Algorithm, Argon2, Params, Version};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use lambda_http::{Body, Error, Request, Response, run, service_fn};

/// A variable of the environment.
#[expect(clippy::disallowed_methods, reason = "programs of their own, without our configuration")]
pub fn set(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The HTTP client that our functions use.
pub fn http() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

fn hash() -> Result<[u8; 32], Error> {
    let mut hash = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None)?);
    argon2.hash_password_into(b"correct horse battery", &[7; 16], &mut hash)?;
    Ok(hash)
}

/// Says hello after `ROUNDS` times `GetItem`, one after the other, and with `HASH` the bare computation of a password's hash.
pub async fn serve(client: &Client) -> Result<(), Error> {
    let hashes = set("HASH").is_some();
    let rounds: usize = set("ROUNDS").map_or(Ok(1), |rounds| rounds.parse())?;
    run(service_fn(move |_: Request| async move {
        let mut body = "hello";
        for _ in 0..rounds {
            let key = AttributeValue::S("nobody".to_owned());
            let read = client.get_item().table_name("custodian-customers").key("id", key).send().await?;
            body = if read.item.is_some() { "somebody" } else { "hello" };
        }
        if hashes && hash()? == [0; 32] {
            body = "nobody";
        }
        Ok::<_, Error>(Response::new(Body::from(body)))
    }))
    .await
}
