//! What holds for everything that is done while one request is handled, without any handler's doing.
//!
//! Two promises are kept so: a request with `If-Match` works on the version it names and no other, and one with
//! `Idempotency-Key` has its effect together with the note that it had it. Both reach the places that keep them (the
//! re-reads of lost races, and the store's transactions) through the task that handles the request.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use custodian_domain::{CustomerId, Reason};

use crate::failure::Failure;

tokio::task_local! {
    static SCOPE: Scope;
    static WAITED: Waited;
}

/// The promises that a request carries.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// `If-Match` was given and held when the row was read.
    pub exact: bool,
    pub ticket: Option<Ticket>,
}

/// A running record of an `Idempotency-Key`: every transaction of the request notes its effect there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub customer_id: CustomerId,
    pub key: String,
    /// Tells this run from one that takes over after it.
    pub lease: String,
}

/// How long a request has waited for others, in all.
#[derive(Clone, Debug, Default)]
pub struct Waited(Arc<AtomicU64>);

impl Waited {
    pub(crate) fn so_far(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn add(&self, delay: Duration) {
        self.0.fetch_add(u64::try_from(delay.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// Runs the handling of a request under its promises. What is done beside it has others, but no patience of its own.
pub async fn within<F: Future>(scope: Scope, work: F) -> F::Output {
    WAITED.scope(waited(), SCOPE.scope(scope, work)).await
}

/// How long the request that is being handled has waited; whatever is no request has just begun to.
pub(crate) fn waited() -> Waited {
    WAITED.try_with(Waited::clone).unwrap_or_default()
}

/// Asked before a row is read again after a lost race: with `If-Match`, another version is no longer the one meant.
pub fn may_reread() -> Result<(), Failure> {
    let exact = SCOPE.try_with(|scope| scope.exact).unwrap_or(false);
    if exact { Err(Reason::PreconditionFailed.into()) } else { Ok(()) }
}

/// The ticket of the request that is being handled, if it has one.
pub fn ticket() -> Option<Ticket> {
    SCOPE.try_with(|scope| scope.ticket.clone()).ok().flatten()
}
