//! Lets the requests of callers go before background work, such as the deletion of a large account. The engine runs one request at
//! a time, so without this the requests of one deletion would pile up before those of other callers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// The maximum number of large background requests that run or wait for the engine at a time. Two would be a third faster, but
/// would delay the slowest requests of callers twice as much.
const MAX_LARGE_REQUESTS: usize = 1;
/// The longest time that a background request lets callers go first. It bounds the delay of background work under constant load.
const MAX_WAIT: Duration = Duration::from_millis(10);
/// Operations with which background work reads or writes many items.
const LARGE: [&str; 3] = ["BatchWriteItem", "Query", "Scan"];

tokio::task_local! {
    /// Set while a caller's request is handled. Background work runs without it.
    static IS_CALLERS: ();
}

#[derive(Clone)]
pub(crate) struct Priority {
    /// The number of callers' requests that are being handled.
    callers: Arc<watch::Sender<usize>>,
    /// Whether there ever was a caller. An engine that only tests of functions use has none, so nothing has to wait.
    has_callers: Arc<AtomicBool>,
    large: Arc<Semaphore>,
}

impl Priority {
    pub(crate) fn new() -> Self {
        Self {
            callers: Arc::new(watch::Sender::new(0)),
            has_callers: Arc::default(),
            large: Arc::new(Semaphore::new(MAX_LARGE_REQUESTS)),
        }
    }

    /// Handles a caller's request. Its calls of the engine go before those of background work.
    pub(crate) async fn go_first<T>(&self, request: impl Future<Output = T>) -> T {
        self.has_callers.store(true, Ordering::Relaxed);
        let _counted = CountedCaller::new(&self.callers);
        IS_CALLERS.scope((), request).await
    }

    /// Waits until this operation may call the engine. Once there was a caller, a large operation of background work gets a permit,
    /// and has to hold it until its end. All others get none.
    pub(crate) async fn acquire(&self, operation: &str) -> Option<OwnedSemaphorePermit> {
        if !self.has_callers.load(Ordering::Relaxed) || IS_CALLERS.try_with(|()| ()).is_ok() {
            return None;
        }
        let permit = match LARGE.contains(&operation) {
            true => Arc::clone(&self.large).acquire_owned().await.ok(),
            false => None,
        };
        if *self.callers.borrow() > 0 {
            let mut callers = self.callers.subscribe();
            let _ = tokio::time::timeout(MAX_WAIT, callers.wait_for(|callers| *callers == 0)).await;
        }
        permit
    }
}

/// Counts a caller's request until it is dropped, so also when the caller disconnects.
struct CountedCaller<'a>(&'a watch::Sender<usize>);

impl<'a> CountedCaller<'a> {
    fn new(callers: &'a watch::Sender<usize>) -> Self {
        callers.send_modify(|callers| *callers += 1);
        Self(callers)
    }
}

impl Drop for CountedCaller<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|callers| *callers -= 1);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn background_work_waits_for_callers_and_callers_never_wait() {
        let priority = Priority::new();
        let (finish, finished) = tokio::sync::oneshot::channel::<()>();
        let caller = priority.go_first(async {
            assert!(priority.acquire("Query").await.is_none(), "a caller needs no permit");
            finished.await
        });
        tokio::pin!(caller);
        assert!((&mut caller).now_or_never().is_none());
        let waiting = priority.acquire("PutItem");
        tokio::pin!(waiting);
        assert!((&mut waiting).now_or_never().is_none(), "a caller's request is being handled");
        finish.send(()).unwrap();
        caller.await.unwrap();
        assert!((&mut waiting).now_or_never().is_some(), "no caller's request is being handled");
    }

    #[tokio::test]
    async fn a_request_whose_caller_disconnects_delays_nothing() {
        let priority = Priority::new();
        let mut request = Box::pin(priority.go_first(std::future::pending::<()>()));
        assert!((&mut request).now_or_never().is_none());
        drop(request);
        assert!(priority.acquire("Query").now_or_never().is_some());
    }

    #[tokio::test]
    async fn constant_load_delays_background_work_for_a_short_time_only() {
        let priority = Priority::new();
        let mut request = Box::pin(priority.go_first(std::future::pending::<()>()));
        assert!((&mut request).now_or_never().is_none());
        priority.acquire("Query").await;
    }

    #[tokio::test]
    async fn one_large_request_of_background_work_runs_at_a_time() {
        let priority = Priority::new();
        priority.go_first(async {}).await;
        let first = priority.acquire("Query").await;
        let second = priority.acquire("BatchWriteItem");
        tokio::pin!(second);
        assert!((&mut second).now_or_never().is_none());
        assert!(priority.acquire("PutItem").now_or_never().is_some(), "a small request needs no permit");
        drop(first);
        assert!((&mut second).now_or_never().is_some());
    }
}
