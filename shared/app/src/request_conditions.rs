//! The conditions of the current request, from its `If-Match` and `Idempotency-Key` headers.
//!
//! `If-Match` names versions of a row. If another write changed the row since the request read it, the use case must refuse the
//! request instead of reading the row again. `If-Match: *` matches every version, so it is no condition here. With
//! `Idempotency-Key`, the transaction that commits the request's effect also marks the request's idempotency record as done. The
//! conditions are task-local, so handlers do not pass them to the use cases and the store.

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
    /// Whether the request has an `If-Match` with versions. One of them matched when the request read the row.
    pub if_match: bool,
    pub idempotency_lease: Option<IdempotencyLease>,
}

/// The lease of a request on its idempotency record. Every transaction with the request's effect requires the lease and marks the
/// record as done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyLease {
    pub customer_id: CustomerId,
    /// The key under which the record is stored. It is derived from the `Idempotency-Key`.
    pub key: String,
    /// The random id of the lease. A later request that takes over the record has another id.
    pub lease_id: String,
}

/// The total time that a request has waited between its retries.
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

/// Runs `work` with these conditions. A nested call, for work that is not the request's effect, replaces the conditions, but
/// continues to count the time waited, so both share one retry budget.
pub async fn with_conditions<F: Future>(conditions: RequestConditions, work: F) -> F::Output {
    WAITED.scope(time_waited(), CONDITIONS.scope(conditions, work)).await
}

/// The waiting time of the current request. Outside a request, returns a new count of zero.
pub(crate) fn time_waited() -> TimeWaited {
    WAITED.try_with(TimeWaited::clone).unwrap_or_default()
}

/// Checks that a use case may read a changed row again. Fails with 412 for a request that names versions in `If-Match`, because the
/// row no longer has the version with which the header was compared.
pub fn permit_reread() -> Result<(), Failure> {
    let if_match = CONDITIONS.try_with(|conditions| conditions.if_match).unwrap_or(false);
    if if_match { Err(Reason::PreconditionFailed.into()) } else { Ok(()) }
}

/// The idempotency lease of the current request.
pub fn idempotency_lease() -> Option<IdempotencyLease> {
    CONDITIONS.try_with(|conditions| conditions.idempotency_lease.clone()).ok().flatten()
}
