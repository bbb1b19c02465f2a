//! Rate limits.

use std::future::Future;
use std::time::Duration;

use custodian_domain::Timestamp;

use crate::failure::Failure;

/// A window of time in which attempts are counted.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    pub key: &'a str,
    pub max: u32,
    pub length: Duration,
    /// Whether a window is probably open. If so, counting in it comes first, which saves a round trip.
    pub is_usually_open: bool,
    /// A part of the attempts, such as those of one client network, with a maximum of its own.
    pub part: Option<WindowPart<'a>>,
}

#[derive(Clone, Copy, Debug)]
pub struct WindowPart<'a> {
    pub key: &'a str,
    pub max: u32,
}

/// Counts attempts in windows of time. All instances share the counters.
pub trait Throttle: Send + Sync {
    /// Counts an attempt, if the window and its part have fewer than their maxima.
    fn reserve(
        &self,
        window: Window<'_>,
        now: Timestamp,
    ) -> impl Future<Output = Result<ReserveOutcome, Failure>> + Send;

    /// Removes an attempt from the window and from the part with the key `part`.
    fn release(&self, key: &str, part: Option<&str>) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Records that a counted attempt failed, so that nobody waits for its release.
    fn fail(&self, key: &str, part: Option<&str>) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Looks at counted attempts without counting one.
pub trait ReadThrottles: Send + Sync {
    /// When the window ends, if it has `max` attempts or more.
    fn full_until(
        &self,
        key: &str,
        max: u32,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Timestamp>, Failure>> + Send;
}

/// Forgets counted attempts.
pub trait ClearThrottles: Send + Sync {
    /// Deletes a window.
    fn clear(&self, key: &str) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A window of time with a budget of attempts and bytes.
#[derive(Clone, Copy, Debug)]
pub struct BudgetWindow<'a> {
    /// The key of the budget in this window. The next window has another key.
    pub key: &'a str,
    pub max_attempts: u32,
    pub max_bytes: u64,
    pub ends: Timestamp,
}

/// Counts attempts and bytes. All instances share the counters.
pub trait Budgets: Send + Sync {
    /// Counts an attempt with so many bytes. Returns false and counts nothing if that exceeds the budget. The first attempt of
    /// a window never does.
    fn spend(
        &self,
        window: BudgetWindow<'_>,
        bytes: u64,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Releases the quota of an attempt that was not made.
    fn refund(&self, key: &str, bytes: u64) -> impl Future<Output = Result<(), Failure>> + Send;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReserveOutcome {
    Reserved,
    LimitReached(FullWindow),
}

/// A window that is full, or whose part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullWindow {
    /// The maximum that was reached: that of the window or that of the part.
    pub max: u32,
    /// The end of the window.
    pub until: Timestamp,
    /// When the last attempt was counted.
    pub last: Timestamp,
    /// Whether some of the counted attempts have neither failed nor been released.
    pub has_running_attempts: bool,
}
