//! DynamoDB inside the process, for the local service and the tests.
//!
//! The store talks to it through the real AWS SDK: the SDK signs, serialises and parses requests as in production, and retries
//! them as often. Only the connection, the backoff and the retry budget are replaced, so the tests run the code that is
//! deployed. A [`RequestObserver`] can count, delay, refuse or lose whole requests.

mod call_interceptor;
mod connector;
mod engine;
mod observer;
mod priority;
mod protocol;
mod stream_index;
mod tables;

pub use engine::{Engine, EngineError};
pub use observer::{Fault, RequestObserver};
