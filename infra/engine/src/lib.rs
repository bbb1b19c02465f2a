//! DynamoDB inside the process, for the local service and the tests.
//!
//! The product's store talks to it through the real AWS SDK: requests are signed, serialised, retried and parsed as in
//! production, and only the connection is replaced by a call into the embedded engine. So everything that is tested here
//! is the code that is deployed, and a [`Watch`] sees, counts, refuses or loses whole requests.

mod calls;
mod connector;
mod dispatch;
mod tables;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use dynoxide::Database;
use serde_json::Value;

pub use connector::{Fate, Watch};

/// What the SDK first waits before a retry. There is no network here that needs time to recover.
const RETRY_AFTER: Duration = Duration::from_millis(1);

/// Why the engine could not be opened or asked.
#[derive(Debug, thiserror::Error)]
#[error("the embedded database: {0}")]
pub struct EngineError(String);

/// The embedded database.
#[derive(Clone)]
pub struct Engine {
    database: Database,
}

impl Engine {
    /// Opens a file, or creates it.
    pub fn open(file: &Path) -> Result<Self, EngineError> {
        let path = file.to_str().ok_or_else(|| EngineError("the path is no UTF-8".to_owned()))?;
        Ok(Self { database: Database::new(path).map_err(told)? })
    }

    /// A database that ends with the process.
    pub fn in_memory() -> Result<Self, EngineError> {
        Ok(Self { database: Database::memory().map_err(told)? })
    }

    /// A client of this engine.
    pub fn client(&self) -> aws_sdk_dynamodb::Client {
        self.watched(Arc::new(()))
    }

    /// A client whose every request passes a watch. It retries as in production, but soon, and its retries are limited a
    /// request and not by what other clients of the process have used up.
    pub fn watched(&self, watch: Arc<dyn Watch>) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "the embedded engine"))
            .endpoint_url("http://engine.invalid")
            .retry_config(RetryConfig::standard().with_initial_backoff(RETRY_AFTER))
            .retry_partition(RetryPartition::custom("engine").token_bucket(TokenBucket::unlimited()).build())
            .interceptor(calls::Calls(Arc::clone(&watch)))
            .http_client(connector::Connector::new(self.database.clone(), watch));
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// Answers one operation as DynamoDB's wire protocol has it: the HTTP status and the body.
    pub fn answer(&self, operation: &str, body: &[u8]) -> (u16, String) {
        dispatch::dispatch(&self.database, operation, body)
    }

    /// Runs one operation: JSON in, JSON out.
    pub fn call(&self, operation: &str, body: &Value) -> Result<Value, EngineError> {
        let (code, text) = self.answer(operation, body.to_string().as_bytes());
        if code != 200 {
            return Err(EngineError(format!("{operation}: {text}")));
        }
        serde_json::from_str(&text).map_err(told)
    }
}

fn told(cause: impl std::fmt::Display) -> EngineError {
    EngineError(cause.to_string())
}
