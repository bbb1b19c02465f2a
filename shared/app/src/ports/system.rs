//! Services of the process: time, randomness and metrics.

use custodian_domain::Timestamp;

use crate::metrics::Metric;

/// The current time. `custodian-runtime` reads the system clock; the local service has a virtual clock.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// Random bytes that are fit for keys.
pub trait Entropy: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

/// Records metrics. It cannot fail: the work that it counts is already done.
pub trait Metrics: Send + Sync {
    /// Records observations of one moment; each metric occurs at most once.
    fn record(&self, metrics: &[Metric]);
}

/// Discards every metric.
impl Metrics for () {
    fn record(&self, _: &[Metric]) {}
}
