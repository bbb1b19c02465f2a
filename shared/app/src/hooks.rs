//! What is kept of customers' webhooks, as a capability.

use std::future::Future;

use custodian_domain::webhook::{Delivery, Hook, HookSecret};
use custodian_domain::{CustomerId, Timestamp};
use uuid::Uuid;

use crate::failure::Failure;
use crate::ports::Written;

/// What is kept of webhooks.
pub trait KeepHooks: Send + Sync {
    fn hook(&self, customer: CustomerId) -> impl Future<Output = Result<Hook, Failure>> + Send;

    /// Stores a secret in place of the one that was made at `before`.
    fn keep_hook_secret(
        &self,
        customer: CustomerId,
        secret: &HookSecret,
        before: Option<Timestamp>,
    ) -> impl Future<Output = Result<Written, Failure>> + Send;

    /// Notes that a destination is to be left alone, or, with none, that it is not.
    fn turn_off(
        &self,
        customer: CustomerId,
        fingerprint: Option<&str>,
    ) -> impl Future<Output = Result<Written, Failure>> + Send;

    fn delivery(
        &self,
        customer: CustomerId,
        id: Uuid,
    ) -> impl Future<Output = Result<Option<Delivery>, Failure>> + Send;

    /// The newest deliveries.
    fn deliveries(
        &self,
        customer: CustomerId,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Delivery>, Failure>> + Send;

    /// Stores how a delivery stands, if it has had so many attempts before.
    fn keep_delivery(
        &self,
        delivery: &Delivery,
        attempts_before: u32,
    ) -> impl Future<Output = Result<Written, Failure>> + Send;

    /// Forgets where the news of an account's end went.
    fn forget_farewell(&self, customer: CustomerId) -> impl Future<Output = Result<(), Failure>> + Send;
}
