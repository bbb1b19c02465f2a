//! A Lambda process runs one invocation at a time, so a panic fails no other. Here, all functions share one process.

use std::panic::AssertUnwindSafe;

use custodian_app::Failure;
use futures::FutureExt;
use futures::future::BoxFuture;

/// Turns a panic into a failure. The panic hook logs it.
pub(crate) fn catch_panic<'a, T: 'a>(
    work: impl Future<Output = T> + Send + 'a,
) -> BoxFuture<'a, Result<T, Failure>> {
    let caught = AssertUnwindSafe(work).catch_unwind();
    caught.map(|outcome| outcome.map_err(|_| Failure::unavailable("a function", "it panicked"))).boxed()
}
