//! Metrics in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::metrics::Metric;
use crate::ports::Metrics;

/// Sums of recorded metrics, for the local service and tests.
#[derive(Debug, Default)]
pub struct MetricCounters(Mutex<BTreeMap<&'static str, MetricTotals>>);

/// The sum and the last value of one metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetricTotals {
    pub sum: u64,
    pub last: u64,
}

impl MetricCounters {
    pub fn of(&self, metric: &str) -> MetricTotals {
        let totals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        totals.get(metric).copied().unwrap_or_default()
    }

    /// The sum of every recorded metric.
    pub fn sums(&self) -> BTreeMap<&'static str, u64> {
        let totals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        totals.iter().map(|(name, total)| (*name, total.sum)).collect()
    }
}

impl Metrics for MetricCounters {
    fn record(&self, metrics: &[Metric]) {
        let mut totals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for metric in metrics {
            let total = totals.entry(metric.name()).or_default();
            total.sum = total.sum.saturating_add(metric.value());
            total.last = metric.value();
        }
    }
}
