//! The whole product in one process on this machine.
//!
//! It runs the same handlers as the Lambda functions, behind the same API Gateway events, on an embedded DynamoDB.
//! Scheduler, EventBridge, SQS and SES have local adapters behind the same ports. A state file keeps their contents.
//! A request can move the clock forward. The service binds to loopback only and is never deployed.

mod allowed_hosts;
mod api;
mod args;
mod banner;
mod clock;
mod control;
mod data_folder;
mod dispatcher;
mod erasure;
mod error;
mod export_files;
mod export_storage;
mod gateway;
mod log;
mod page_guard;
mod pages;
mod panics;
mod published;
mod refusal;
mod request_log;
mod routes;
mod sample;
mod server;
mod service;
mod services;
mod sqlite;
mod start;
mod state;
mod stream;

pub use args::{Args, LogFormat, LogLevel};
pub use error::LocalError;
pub use log::start_log;
pub use routes::{DeployedRoute, deployed_routes};
pub use service::{Service, TOKEN_ISSUER};
pub use services::target_queues;
