//! Counters of attempts.

use std::future::Future;
use std::time::Duration;

use custodian_domain::Timestamp;

use crate::failure::Failure;

/// Counters of attempts in windows of time, shared by all instances.
pub trait Throttles: Send + Sync {
    /// Counts one attempt under this key, if there are fewer than `most` in its window; otherwise says when it ends.
    fn reserve(
        &self,
        key: &str,
        most: u32,
        window: Duration,
        now: Timestamp,
    ) -> impl Future<Output = Result<Reserved, Failure>> + Send;

    /// Takes one attempt back.
    fn give_back(&self, key: &str) -> impl Future<Output = Result<(), Failure>> + Send;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    Yes,
    /// The window is full; `last` is when the last attempt in it was counted.
    Full {
        until: Timestamp,
        last: Timestamp,
    },
}
