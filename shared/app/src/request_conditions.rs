//! The conditions of the current request. They apply to everything that the request does.
//!
//! There are two. A request with `If-Match` works only on the version that it names, so a use case must not reread a row that
//! changed. A request with `Idempotency-Key` marks its idempotency record as done in the same transaction that has the effect.
//! Both are task-local values, so handlers need not pass them to the use cases and the store.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use custodian_domain::{CustomerId, Reason};

use crate::failure::Failure;

tokio::task_local! {
    static CONDITIONS: RequestConditions;
    static WAITED: TimeWaited;
}

/// The conditions of a request.
#[derive(Clone, Debug, Default)]
pub struct RequestConditions {
    /// The request has an `If-Match` that matched when the row was read.
    pub if_match: bool,
    pub idempotency_lease: Option<IdempotencyLease>,
}

/// The lease on the idempotency record of a request. Every transaction of the request marks its effect in that record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyLease {
    pub customer_id: CustomerId,
    pub key: String,
    /// Identifies this run. A later run that takes the record over has another id.
    pub lease_id: String,
}

/// The total time that a request has waited between retries.
#[derive(Clone, Debug, Default)]
pub struct TimeWaited(Arc<AtomicU64>);

impl TimeWaited {
    pub(crate) fn total(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn add(&self, delay: Duration) {
        self.0.fetch_add(u64::try_from(delay.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// Runs `work` with these conditions. A nested call replaces the conditions and shares the retry budget.
pub async fn with_conditions<F: Future>(conditions: RequestConditions, work: F) -> F::Output {
    WAITED.scope(time_waited(), CONDITIONS.scope(conditions, work)).await
}

/// The time that the current request has waited. Outside a request, it starts at zero.
pub(crate) fn time_waited() -> TimeWaited {
    WAITED.try_with(TimeWaited::clone).unwrap_or_default()
}

/// Use cases call this before they reread a changed row. It refuses a request with `If-Match`, because the row no longer has
/// the version that the request names.
pub fn permit_reread() -> Result<(), Failure> {
    let if_match = CONDITIONS.try_with(|conditions| conditions.if_match).unwrap_or(false);
    if if_match { Err(Reason::PreconditionFailed.into()) } else { Ok(()) }
}

/// The idempotency lease of the current request.
pub fn idempotency_lease() -> Option<IdempotencyLease> {
    CONDITIONS.try_with(|conditions| conditions.idempotency_lease.clone()).ok().flatten()
}
