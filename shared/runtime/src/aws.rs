//! The configuration of the AWS clients. All clients share one HTTP client and one trust store.

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
use custodian_app::{Failure, Providers};
use custodian_store::Store;

use crate::config;

/// The time limit of one attempt of a DynamoDB request, which usually takes milliseconds.
const DYNAMODB_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// The configuration that all AWS adapters share.
pub struct AwsConfig {
    pub(crate) sdk: SdkConfig,
}

impl AwsConfig {
    /// Reads the region and the credentials only from the environment variables that Lambda sets. The SDK's default provider
    /// chain would make up a sixth of each binary. TLS uses ring and not AWS-LC. The first handshake of ring takes 4 ms of CPU
    /// time instead of 34 ms, because ring does not collect jitter entropy.
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

    pub(crate) fn store(&self, providers: &Providers) -> Result<Store, Failure> {
        // A hanging attempt times out early enough for a retry within the request.
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(DYNAMODB_ATTEMPT_TIMEOUT).build();
        let config = aws_sdk_dynamodb::config::Builder::from(&self.sdk).timeout_config(timeouts).build();
        let client = aws_sdk_dynamodb::Client::from_conf(config);
        Ok(Store::new(client, &config::required("TABLE_PREFIX")?, Arc::clone(&providers.entropy)))
    }
}
