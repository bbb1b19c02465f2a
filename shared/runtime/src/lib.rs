//! The real clock and real randomness and, for the Lambdas, configuration, clients and the ends in AWS.
//!
//! Everything beyond the first two is behind the feature `lambda`: the local service and the tests compile no SDK but
//! DynamoDB's.

#[cfg(feature = "lambda")]
mod aws;
#[cfg(feature = "lambda")]
mod config;
#[cfg(feature = "lambda")]
mod ends;
#[cfg(feature = "lambda")]
mod hooks;
#[cfg(feature = "lambda")]
mod lambda;
mod real;

pub use real::{SystemClock, SystemEntropy, sources};

#[cfg(feature = "lambda")]
pub use {
    config::resource_kind,
    ends::{
        CascadeQueue, EventBus, LoginKey, MailService, OneOffJobs, Reconciling, RequestQueue, Requesting,
    },
    hooks::{ErrandQueue, Webhooks},
    lambda::{direct, http, queue, stream},
    lambda_http::Error,
};
