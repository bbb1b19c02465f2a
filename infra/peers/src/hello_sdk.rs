//! The same with the SDK as anybody sets it up: one `GetItem`, by the HTTP client that our functions use.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_http::{Body, Error, Request, Response, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let client = Client::new(&aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await);
    let client = &client;
    run(service_fn(move |_: Request| async move {
        let key = AttributeValue::S("nobody".to_owned());
        let read = client.get_item().table_name("custodian-customers").key("id", key).send().await?;
        let body = if read.item.is_some() { "somebody" } else { "hello" };
        Ok::<_, Error>(Response::new(Body::from(body)))
    }))
    .await
}
