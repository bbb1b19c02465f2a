//! The whole product in one process on this machine.
//!
//! The same handlers as in the Lambdas, reached by the same API Gateway events, on an embedded DynamoDB. Scheduler,
//! EventBridge, SQS and SES have local ends behind the same ports; what they hold is kept in a file of its own, and time
//! is a clock that can be moved. It binds to loopback only, and nothing of it is ever deployed.

mod args;
mod clock;
mod control;
mod ends;
mod gateway;
mod journal;
mod pump;
mod routes;
mod sample;
mod service;
mod stream;
mod told;

pub use args::Args;
pub use routes::{deployed_operations, deployed_routes};
pub use service::{LocalError, Service};
