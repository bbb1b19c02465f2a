//! The real clock and real randomness, the forms of the log and of what is counted and, for the Lambdas, configuration,
//! clients and the ends in AWS.
//!
//! Everything beyond the first four is behind the feature `lambda`: the local service and the tests compile no SDK but
//! DynamoDB's.

#[cfg(feature = "lambda")]
mod aws;
#[cfg(feature = "lambda")]
mod config;
mod emf;
#[cfg(feature = "lambda")]
mod ends;
#[cfg(feature = "lambda")]
mod hooks;
#[cfg(feature = "lambda")]
mod jobs;
#[cfg(feature = "lambda")]
mod lambda;
mod log;
mod real;

pub use emf::{DIMENSION, Emf, NAMESPACE};
pub use log::{Flat, Pairs, lines, trace_id};
pub use real::{SystemClock, SystemEntropy, sources};

#[cfg(feature = "lambda")]
pub use {
    config::resource_kind,
    ends::{CascadeQueue, EventBus, LoginKey, MailService, Reconciling, RequestQueue, Requesting},
    hooks::{ErrandQueue, Webhooks},
    jobs::OneOffJobs,
    lambda::{direct, http, queue, stream},
    lambda_http::Error,
};
