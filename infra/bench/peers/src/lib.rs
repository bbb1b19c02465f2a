//! The baselines of the measurements: minimal Rust functions with and without the AWS SDK.
#![cfg(feature = "lambda")]

use argon2::{Algorithm, Argon2, Params, Version};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use lambda_http::{Body, Error, Request, Response, run, service_fn};

/// An environment variable.
#[expect(clippy::disallowed_methods, reason = "the baselines do not use custodian-runtime's configuration")]
pub fn env_var(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The same HTTP client as the functions use.
pub fn https_client() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}

/// Hashes a password with the parameters of the functions.
fn hash_password() -> Result<[u8; 32], Error> {
    let mut hash = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None)?);
    argon2.hash_password_into(b"correct horse battery", &[7; 16], &mut hash)?;
    Ok(hash)
}

/// Responds with hello after `ROUNDS` sequential calls of `GetItem` and, if `HASH` is set, one password hash. The body depends
/// on the hash, so that the compiler cannot remove it.
pub async fn serve(client: &Client) -> Result<(), Error> {
    let hashes = env_var("HASH").is_some();
    let rounds: usize = env_var("ROUNDS").map_or(Ok(1), |rounds| rounds.parse())?;
    run(service_fn(move |_: Request| async move {
        let mut body = "hello";
        for _ in 0..rounds {
            let key = AttributeValue::S("nobody".to_owned());
            let read = client.get_item().table_name("custodian-customers").key("id", key).send().await?;
            body = if read.item.is_some() { "found" } else { "hello" };
        }
        if hashes && hash_password()? == [0; 32] {
            body = "zero";
        }
        Ok::<_, Error>(Response::new(Body::from(body)))
    }))
    .await
}
