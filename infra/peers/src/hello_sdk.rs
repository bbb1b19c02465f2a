//! The same with the SDK, as anybody sets it up.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use custodian_peers::{http, serve};
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let sdk = aws_config::defaults(BehaviorVersion::latest()).http_client(http()).load().await;
    serve(&Client::new(&sdk)).await
}
