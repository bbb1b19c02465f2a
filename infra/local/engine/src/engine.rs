//! The embedded database and its SDK clients.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use dynoxide::Database;
use serde_json::Value;

use crate::call_interceptor::CallInterceptor;
use crate::connector::EngineConnector;
use crate::observer::RequestObserver;
use crate::priority::Priority;
use crate::protocol;
use crate::stream_index::add_stream_index;

/// The SDK's backoff before its first retry. It is short because no network has to recover here.
const INITIAL_BACKOFF: Duration = Duration::from_millis(1);

/// The embedded database could not be opened, or it refused an operation.
#[derive(Debug, thiserror::Error)]
#[error("the embedded database: {0}")]
pub struct EngineError(String);

impl EngineError {
    fn new(cause: impl std::fmt::Display) -> Self {
        Self(cause.to_string())
    }
}

/// The embedded database.
#[derive(Clone)]
pub struct Engine {
    database: Database,
    priority: Priority,
}

impl Engine {
    /// Opens a file and creates it if it does not exist.
    pub fn open(file: &Path) -> Result<Self, EngineError> {
        let path = file.to_str().ok_or_else(|| EngineError::new("the path is not valid UTF-8"))?;
        Self::open_path(path)
    }

    /// Opens a database in memory.
    pub fn in_memory() -> Result<Self, EngineError> {
        static OPENED: AtomicU64 = AtomicU64::new(0);
        // Connections of this process share a database in memory by its name, so that the index can be added.
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        Self::open_path(&format!("file:custodian-engine-{number}?mode=memory&cache=shared"))
    }

    fn open_path(path: &str) -> Result<Self, EngineError> {
        let database = Database::new(path).map_err(EngineError::new)?;
        add_stream_index(path).map_err(EngineError::new)?;
        Ok(Self { database, priority: Priority::new() })
    }

    /// Handles a caller's request. Its calls of this engine go before those of background work.
    pub async fn go_first<T>(&self, request: impl Future<Output = T>) -> T {
        self.priority.go_first(request).await
    }

    /// An SDK client of this engine.
    pub fn client(&self) -> aws_sdk_dynamodb::Client {
        self.client_with_observer(Arc::new(()))
    }

    /// An SDK client that shows every request to an observer. It retries as often as in production, but with a short
    /// backoff. Its retry budget is unlimited, because the SDK shares one budget among all clients of a process: the
    /// faults of one test would otherwise use up the retries of another.
    pub fn client_with_observer(&self, observer: Arc<dyn RequestObserver>) -> aws_sdk_dynamodb::Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "the embedded engine"))
            .endpoint_url("http://engine.invalid")
            .retry_config(RetryConfig::standard().with_initial_backoff(INITIAL_BACKOFF))
            .retry_partition(RetryPartition::custom("engine").token_bucket(TokenBucket::unlimited()).build())
            .interceptor(CallInterceptor(Arc::clone(&observer)))
            .http_client(EngineConnector::new(self.database.clone(), self.priority.clone(), observer));
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// Runs one request of DynamoDB's wire protocol and returns the HTTP status and the body of the response.
    pub fn handle_request(&self, operation: &str, body: &[u8]) -> (u16, String) {
        protocol::execute(&self.database, operation, body)
    }

    /// Runs one operation with JSON input and output.
    pub fn call(&self, operation: &str, input: &Value) -> Result<Value, EngineError> {
        let (status, text) = self.handle_request(operation, input.to_string().as_bytes());
        if status != 200 {
            return Err(EngineError::new(format_args!("{operation}: {text}")));
        }
        serde_json::from_str(&text).map_err(EngineError::new)
    }
}
