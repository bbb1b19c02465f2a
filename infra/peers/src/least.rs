//! The least that does as much as one of our functions: the SDK set up as ours is, `ROUNDS` times `GetItem`, one after the
//! other, and with `HASH` the bare computation of a password's hash.

use argon2::{Algorithm, Argon2, Params, Version};
use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::meta::region::ProvideRegion;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_http::{Body, Error, Request, Response, run, service_fn};

#[expect(clippy::disallowed_methods, reason = "a program of its own, without our configuration")]
fn set(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

async fn client() -> Client {
    let credentials = EnvironmentVariableCredentialsProvider::new();
    let mut sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(EnvironmentVariableRegionProvider::new().region().await)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::standard())
        .http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https());
    sdk.set_endpoint_url(set("AWS_ENDPOINT_URL"));
    Client::new(&sdk.build())
}

fn hash() -> Result<[u8; 32], Error> {
    let mut hash = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None)?);
    argon2.hash_password_into(b"correct horse battery", &[7; 16], &mut hash)?;
    Ok(hash)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (client, hashes) = (&client().await, set("HASH").is_some());
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
