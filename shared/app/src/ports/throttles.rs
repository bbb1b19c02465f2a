//! Rate limits.

use std::future::Future;
use std::time::Duration;

use custodian_domain::Timestamp;

use crate::failure::Failure;

/// Counts attempts in windows of time. All instances share the counters.
pub trait Throttle: Send + Sync {
    /// Counts an attempt under `key`, if the window has fewer than `max` attempts.
    fn reserve(
        &self,
        key: &str,
        max: u32,
        window: Duration,
        now: Timestamp,
    ) -> impl Future<Output = Result<ReserveOutcome, Failure>> + Send;

    /// Removes an attempt from the window.
    fn release(&self, key: &str) -> impl Future<Output = Result<(), Failure>> + Send;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReserveOutcome {
    Reserved,
    /// The window is full until `until`. Its last attempt was counted at `last`.
    LimitReached {
        until: Timestamp,
        last: Timestamp,
    },
}
