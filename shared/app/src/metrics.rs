//! What is counted of the business, and the port that takes the counts. Nothing here names a customer.
//!
//! A count is made after what it counts has been done, and once. But streams and queues deliver at least once, and a
//! function may end between the two: counts are for graphs and alarms, the ledgers are for proof.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    CustomersCreated,
    CustomersVerified,
    CustomersFrozen,
    CustomersRecovered,
    /// Deleted at the end of the grace period.
    CustomersPurged,
    /// Deleted at once, as its owner or an operator asked.
    CustomersDeleted,
    CustomersExpired,
    /// The cascade has ended and its ledger is sealed.
    CustomersErased,
    /// What that cascade removed.
    RowsErased(u64),
    /// From the end of the account to the seal.
    ErasureTime(Duration),
    /// Ledgers that are not sealed.
    UnfinishedDeletions(u64),
    /// For how long the oldest of them has been open.
    OldestUnfinishedDeletion(Duration),
    /// Rows of gone accounts that were found after their ledgers were sealed. There should never be one.
    Survivors(u64),
    /// Attempts that were answered with 2xx.
    WebhooksDelivered,
    /// Attempts with another answer, or none.
    WebhooksFailed,
    /// Attempts that were not made, since they would have led to an address that is not public.
    WebhooksRefused,
    /// Attempts that were answered with 410: nothing more is sent there.
    WebhooksDisabled,
    /// Webhooks that nobody has taken, and that are not tried again.
    WebhooksGivenUp,
    /// Requests that were answered with 429, since there were too many attempts.
    RequestsThrottled,
    /// Logins with a name or a password that is not right.
    LoginsRefused,
}

/// What a metric is measured in, by CloudWatch's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Count,
    Milliseconds,
    Seconds,
}

impl Metric {
    /// One of each.
    pub const ALL: [Self; 20] = [
        Self::CustomersCreated,
        Self::CustomersVerified,
        Self::CustomersFrozen,
        Self::CustomersRecovered,
        Self::CustomersPurged,
        Self::CustomersDeleted,
        Self::CustomersExpired,
        Self::CustomersErased,
        Self::RowsErased(0),
        Self::ErasureTime(Duration::ZERO),
        Self::UnfinishedDeletions(0),
        Self::OldestUnfinishedDeletion(Duration::ZERO),
        Self::Survivors(0),
        Self::WebhooksDelivered,
        Self::WebhooksFailed,
        Self::WebhooksRefused,
        Self::WebhooksDisabled,
        Self::WebhooksGivenUp,
        Self::RequestsThrottled,
        Self::LoginsRefused,
    ];

    /// As graphs and alarms name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CustomersCreated => "CustomersCreated",
            Self::CustomersVerified => "CustomersVerified",
            Self::CustomersFrozen => "CustomersFrozen",
            Self::CustomersRecovered => "CustomersRecovered",
            Self::CustomersPurged => "CustomersPurged",
            Self::CustomersDeleted => "CustomersDeleted",
            Self::CustomersExpired => "CustomersExpired",
            Self::CustomersErased => "CustomersErased",
            Self::RowsErased(_) => "RowsErased",
            Self::ErasureTime(_) => "ErasureTime",
            Self::UnfinishedDeletions(_) => "UnfinishedDeletions",
            Self::OldestUnfinishedDeletion(_) => "OldestUnfinishedDeletion",
            Self::Survivors(_) => "Survivors",
            Self::WebhooksDelivered => "WebhooksDelivered",
            Self::WebhooksFailed => "WebhooksFailed",
            Self::WebhooksRefused => "WebhooksRefused",
            Self::WebhooksDisabled => "WebhooksDisabled",
            Self::WebhooksGivenUp => "WebhooksGivenUp",
            Self::RequestsThrottled => "RequestsThrottled",
            Self::LoginsRefused => "LoginsRefused",
        }
    }

    pub const fn unit(self) -> Unit {
        match self {
            Self::ErasureTime(_) => Unit::Milliseconds,
            Self::OldestUnfinishedDeletion(_) => Unit::Seconds,
            _ => Unit::Count,
        }
    }

    pub fn value(self) -> u64 {
        match self {
            Self::RowsErased(n) | Self::UnfinishedDeletions(n) | Self::Survivors(n) => n,
            Self::ErasureTime(span) => u64::try_from(span.as_millis()).unwrap_or(u64::MAX),
            Self::OldestUnfinishedDeletion(span) => span.as_secs(),
            _ => 1,
        }
    }
}

/// What takes the counts. It has no failure: what is counted has been done.
pub trait Meter: Send + Sync {
    /// Takes what was observed at one moment; no metric is in it twice.
    fn note(&self, metrics: &[Metric]);
}

/// Counts nothing.
impl Meter for () {
    fn note(&self, _: &[Metric]) {}
}

/// Keeps sums, for the local service and for tests.
#[derive(Debug, Default)]
pub struct Tally(Mutex<BTreeMap<&'static str, Noted>>);

/// What was noted of one metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    pub sum: u64,
    pub last: u64,
}

impl Tally {
    pub fn of(&self, metric: &str) -> Noted {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(metric).copied().unwrap_or_default()
    }

    /// The sums of everything that was noted.
    pub fn sums(&self) -> BTreeMap<&'static str, u64> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|(name, noted)| (*name, noted.sum)).collect()
    }
}

impl Meter for Tally {
    fn note(&self, metrics: &[Metric]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for metric in metrics {
            let noted = kept.entry(metric.name()).or_default();
            noted.sum = noted.sum.saturating_add(metric.value());
            noted.last = metric.value();
        }
    }
}
