//! The brake: it stops all purges, expiries, deletions and cascades of the platform.

use std::future::Future;

use custodian_domain::{Brake, Timestamp};

use crate::failure::Failure;

pub trait DeletionBrake: Send + Sync {
    fn brake(&self) -> impl Future<Output = Result<Brake, Failure>> + Send;

    /// Stores the brake. No deletion that is committed later ignores it.
    fn store_brake(&self, brake: &Brake) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Sets the brake, if it is still as it was `read`. Returns whether it was.
    fn trip_brake(&self, read: &Brake, tripped: &Brake)
    -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Counts one deletion or expiry, and returns the number of those within the last hour.
    fn count_deletion(&self, now: Timestamp) -> impl Future<Output = Result<u64, Failure>> + Send;

    /// The number of deletions and expiries within the last hour.
    fn deletions_within_an_hour(&self, now: Timestamp) -> impl Future<Output = Result<u64, Failure>> + Send;
}
