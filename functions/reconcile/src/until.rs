//! Bounded concurrent work that stops when the time is over.

use std::future::{Future, ready};

use custodian_app::{Context, Failure};
use custodian_domain::{CustomerId, Timestamp};
use futures::stream::{StreamExt, iter};

/// The maximum number of customers that one part of `reconcile` handles concurrently.
const MAX_CONCURRENT_CUSTOMERS: usize = 8;

/// Runs these futures with bounded concurrency and returns their outputs. Starts none after `stop_at`.
pub(crate) async fn run_until<S: Sync, E: Sync, F: Future>(
    cx: &Context<S, E>,
    stop_at: Timestamp,
    work: Vec<F>,
) -> Vec<F::Output> {
    let started = iter(work).take_while(|_| ready(cx.now() < stop_at));
    started.buffer_unordered(MAX_CONCURRENT_CUSTOMERS).collect().await
}

pub(crate) fn log_failure<T>(customer: CustomerId, outcome: Result<T, Failure>) -> Result<T, Failure> {
    outcome.inspect_err(
        |failure| tracing::error!(customer_id = %customer, %failure, "reconcile failed for a customer"),
    )
}
