//! Bounded concurrent work that stops when the time is over.

use std::future::{Future, ready};

use custodian_app::{Context, Failure};
use custodian_cascade::{LedgerCursor, LedgerPage};
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

/// Does `work` for the customers of all pages, page by page until `stop_at`. Returns the sum of the results, and the first
/// failure: a failure of one customer does not block the others.
pub(crate) async fn each_ledger<S, E, P, W>(
    cx: &Context<S, E>,
    stop_at: Timestamp,
    page: impl Fn(Option<LedgerCursor>) -> P,
    work: impl Fn(CustomerId) -> W,
) -> (u64, Result<(), Failure>)
where
    S: Sync,
    E: Sync,
    P: Future<Output = Result<LedgerPage, Failure>>,
    W: Future<Output = Result<u64, Failure>>,
{
    let (mut after, mut sum, mut outcome) = (None, 0, Ok(()));
    loop {
        let page = match page(after).await {
            Ok(page) => page,
            Err(failure) => return (sum, outcome.and(Err(failure))),
        };
        let logged = |id| {
            let work = work(id);
            async move { log_failure(id, work.await) }
        };
        for done in run_until(cx, stop_at, page.customers.into_iter().map(logged).collect()).await {
            sum += done.as_ref().copied().unwrap_or_default();
            outcome = outcome.and(done.map(|_| ()));
        }
        after = page.next;
        if after.is_none() || cx.now() >= stop_at {
            return (sum, outcome);
        }
    }
}
