//! What is kept of customers' webhooks, as a capability.

use std::future::Future;

use custodian_domain::webhook::{Delivery, Finding, Hook, HookSecret, Slow};
use custodian_domain::{CustomerId, Status, Timestamp};
use uuid::Uuid;

use crate::failure::Failure;
use crate::ports::{Part, Written};

/// What is kept of webhooks.
pub trait KeepHooks: Send + Sync {
    fn hook(&self, customer: CustomerId) -> impl Future<Output = Result<Hook, Failure>> + Send;

    /// Stores a secret in place of the one that was made at `before`, while the customer is in one of `statuses`.
    fn keep_hook_secret(
        &self,
        customer: CustomerId,
        secret: &HookSecret,
        before: Option<Timestamp>,
        statuses: &'static [Status],
    ) -> impl Future<Output = Result<Written, Failure>> + Send;

    /// A delivery, unless it has ended by `now`.
    fn delivery(
        &self,
        customer: CustomerId,
        id: Uuid,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Delivery>, Failure>> + Send;

    /// The newest deliveries, below an id, that have not ended by `now`.
    fn deliveries(
        &self,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
        now: Timestamp,
    ) -> impl Future<Output = Result<Part<Delivery>, Failure>> + Send;

    /// Stores how a delivery stands, if it has had so many attempts before, and with it what the last one has shown of its
    /// destination.
    fn keep_delivery(
        &self,
        delivery: &Delivery,
        attempts_before: u32,
        finding: &Finding,
    ) -> impl Future<Output = Result<Written, Failure>> + Send;

    /// Notes that a destination is slow.
    fn note_slow(
        &self,
        customer: CustomerId,
        slow: &Slow,
    ) -> impl Future<Output = Result<Written, Failure>> + Send;

    /// Lets one of several who would make the same attempt make it: nobody else does before `until`, if the delivery is
    /// as it was read.
    fn claim_attempt(
        &self,
        delivery: &Delivery,
        until: Timestamp,
    ) -> impl Future<Output = Result<Written, Failure>> + Send;

    /// Forgets where the news of an account's end went.
    fn forget_farewell(&self, customer: CustomerId) -> impl Future<Output = Result<(), Failure>> + Send;
}
