//! Clients: one HTTP client with one trust store for all of them.

use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::meta::region::ProvideRegion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use custodian_app::{Failure, Sources};
use custodian_store::Store;

use crate::config;

/// How long DynamoDB may take for an answer, which it gives in milliseconds.
const ATTEMPT: Duration = Duration::from_secs(3);

/// What ends are connected with.
pub struct Aws {
    pub(crate) sdk: SdkConfig,
}

impl Aws {
    /// What Lambda says in the environment, without the chain of other places that the SDK would look for it in: that would
    /// be a sixth of every program. ring rather than AWS-LC: its first handshake costs 4 ms of CPU instead of 34, since it
    /// does not gather jitter entropy of its own beside the kernel's.
    pub(crate) async fn load() -> Self {
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let mut sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(EnvironmentVariableRegionProvider::new().region().await)
            .credentials_provider(SharedCredentialsProvider::new(
                EnvironmentVariableCredentialsProvider::new(),
            ))
            .retry_config(RetryConfig::standard())
            .http_client(http);
        sdk.set_endpoint_url(config::required("AWS_ENDPOINT_URL").ok());
        Self { sdk: sdk.build() }
    }

    pub(crate) fn store(&self, sources: &Sources) -> Result<Store, Failure> {
        // An attempt that hangs is given up in time for another within the request.
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).build();
        let config = aws_sdk_dynamodb::config::Builder::from(&self.sdk).timeout_config(timeouts).build();
        let client = aws_sdk_dynamodb::Client::from_conf(config);
        Ok(Store::new(client, &config::required("TABLE_PREFIX")?, Arc::clone(&sources.entropy)))
    }
}
