//! The same with the SDK: one `GetItem`, or as many as `CALLS` says, by the HTTP client that our functions use; with `HASH`
//! the bare computation of a password's hash.

use argon2::{Algorithm, Argon2, Params, Version};
use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_http::{Body, Error, Request, Response, run, service_fn};

#[expect(clippy::disallowed_methods, reason = "a program of its own, without our configuration")]
fn set(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}

fn hash() -> Result<[u8; 32], Error> {
    let mut hash = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None)?);
    argon2.hash_password_into(b"correct horse battery", &[7; 16], &mut hash)?;
    Ok(hash)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let client = Client::new(&aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await);
    let (client, calls, hashes) = (&client, set("CALLS").unwrap_or(1), set("HASH").is_some());
    run(service_fn(move |_: Request| async move {
        let mut body = "hello";
        for _ in 0..calls {
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
