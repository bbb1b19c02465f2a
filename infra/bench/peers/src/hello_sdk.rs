//! The baseline with the default configuration of the SDK.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use custodian_peers::{https_client, serve};
use lambda_http::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(https_client()).load().await;
    serve(&Client::new(&config)).await
}
