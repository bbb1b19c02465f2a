//! The brake: it stops all purges, expiries, deletions and cascades of the platform.

use std::future::Future;

use custodian_domain::{Brake, Timestamp};

use crate::failure::Failure;

pub trait DeletionBrake: Send + Sync {
    fn brake(&self) -> impl Future<Output = Result<Brake, Failure>> + Send;

    /// Stores the brake. Of the later transactions that end an account, only those of a restore run ignore it.
    fn store_brake(&self, brake: &Brake) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Sets the brake, if it is still as it was `read`. Returns whether it was.
    fn trip_brake(&self, read: &Brake, tripped: &Brake)
    -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Counts one deletion or expiry, and returns the same number as `deletions_within_an_hour`.
    fn count_deletion(&self, now: Timestamp) -> impl Future<Output = Result<u64, Failure>> + Send;

    /// The deletions and expiries that were counted in about the last hour, and since the last release of the brake.
    fn deletions_within_an_hour(&self, now: Timestamp) -> impl Future<Output = Result<u64, Failure>> + Send;
}
