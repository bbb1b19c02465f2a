//! The real clock and randomness, the log format, the metric format and, for the Lambdas, configuration, clients and AWS
//! adapters.
//!
//! The AWS part is behind the feature `lambda`, so that the local service and the tests compile only the SDK of DynamoDB.

#[cfg(feature = "lambda")]
mod aws;
#[cfg(feature = "lambda")]
mod config;
mod emf;
#[cfg(feature = "lambda")]
mod event_bridge;
#[cfg(feature = "lambda")]
mod from_env;
#[cfg(feature = "lambda")]
mod invocations;
#[cfg(feature = "lambda")]
mod lambda;
mod log;
#[cfg(feature = "lambda")]
mod s3;
#[cfg(feature = "lambda")]
mod scheduler;
#[cfg(feature = "lambda")]
mod services;
#[cfg(feature = "lambda")]
mod ses;
#[cfg(feature = "lambda")]
mod signing_key;
#[cfg(feature = "lambda")]
mod sqs;
mod system;
#[cfg(feature = "lambda")]
mod webhooks;

pub use emf::{DIMENSION, Emf, NAMESPACE};
pub use log::{JsonFields, JsonLines, subscriber, trace_id};
pub use system::{SystemClock, SystemEntropy, providers};

#[cfg(feature = "lambda")]
pub use {
    config::resource_kind,
    event_bridge::EventBridgeBus,
    from_env::NoServices,
    lambda::{serve_cascade_queue, serve_http, serve_invocations, serve_queue, serve_routes, serve_stream},
    lambda_http::Error,
    s3::{S3ExportFiles, S3ExportLinks},
    scheduler::EventBridgeScheduler,
    services::{
        CascadeWorkerServices, ExportWorkerServices, MailServices, ReconcileServices, ReleaseServices,
        RequestServices,
    },
    signing_key::SigningKey,
    sqs::{SqsCascadeQueue, SqsExportQueue, SqsRequestQueue},
    webhooks::{SqsDeliveryQueue, WebhookServices},
};
