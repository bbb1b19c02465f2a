//! The ports of webhooks.

use std::future::Future;
use std::time::Duration;

use custodian_app::Failure;
use custodian_app::ports::{AccessKeys, QueryPage, ReadAgents, ReadResources, WriteOutcome};
use custodian_domain::deletion_notice::DeletionNotice;
use custodian_domain::failing_endpoint::FailingEndpoint;
use custodian_domain::webhook::{Delivery, EndpointObservation, EndpointState, SlowEndpoint};
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_domain::webhook_secret::EncryptedWebhookSecret;
use custodian_domain::{CustomerId, Status, Timestamp};
use custodian_webhook_client::{AttemptReport, Method, SecretSet};
use uuid::Uuid;

use crate::delivery_job::DeliveryJob;

/// A change of an endpoint's secret. `before` says when the stored one was created, or shown for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretChange {
    Created,
    Shown { before: Timestamp },
    Rotated { before: Timestamp },
}

impl SecretChange {
    pub const fn before(self) -> Option<Timestamp> {
        match self {
            Self::Created => None,
            Self::Shown { before } | Self::Rotated { before } => Some(before),
        }
    }

    /// The type of its entry in the audit log.
    pub const fn entry_type(self) -> &'static str {
        match self {
            Self::Created => "webhook_secret_created",
            Self::Shown { .. } => "webhook_secret_shown",
            Self::Rotated { .. } => "webhook_secret_rotated",
        }
    }
}

/// The stored state of webhook endpoints and deliveries.
pub trait WebhookStore: Send + Sync {
    /// The states of endpoints of one account, in the order of `ids`.
    fn webhook_endpoints(
        &self,
        ids: &[EndpointId],
    ) -> impl Future<Output = Result<Vec<EndpointState>, Failure>> + Send;

    fn webhook_endpoint(
        &self,
        id: EndpointId,
    ) -> impl Future<Output = Result<EndpointState, Failure>> + Send {
        async move { Ok(self.webhook_endpoints(&[id]).await?.pop().unwrap_or_default()) }
    }

    /// The destinations of the deletion notices that are still to be sent.
    fn deletion_notices(
        &self,
        customer: CustomerId,
    ) -> impl Future<Output = Result<Vec<DeletionNotice>, Failure>> + Send;

    /// Stores a secret, if the customer has one of `statuses` and the stored secret is still the one that `change` names.
    /// [`SecretChange::Created`] requires that none is stored.
    fn store_webhook_secret(
        &self,
        endpoint: EndpointId,
        secret: &EncryptedWebhookSecret,
        change: SecretChange,
        statuses: &'static [Status],
    ) -> impl Future<Output = Result<WriteOutcome, Failure>> + Send;

    /// A delivery, unless its retention has ended by `now`.
    fn delivery(
        &self,
        customer: CustomerId,
        id: Uuid,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Delivery>, Failure>> + Send;

    /// The newest deliveries below an id whose retention has not ended by `now`.
    fn deliveries(
        &self,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
        now: Timestamp,
    ) -> impl Future<Output = Result<QueryPage<Delivery>, Failure>> + Send;

    /// Stores the state of a delivery in place of the one that was read, and the observation of the last attempt about the
    /// endpoint.
    fn store_delivery(
        &self,
        delivery: &Delivery,
        before: Option<&Delivery>,
        observation: &EndpointObservation,
    ) -> impl Future<Output = Result<WriteOutcome, Failure>> + Send;

    fn record_slow_endpoint(
        &self,
        endpoint: EndpointId,
        slow: &SlowEndpoint,
    ) -> impl Future<Output = Result<WriteOutcome, Failure>> + Send;

    /// Counts a failed attempt of the endpoint, and sets the pause after it.
    fn record_endpoint_failure(
        &self,
        endpoint: EndpointId,
        failure: &FailingEndpoint,
    ) -> impl Future<Output = Result<WriteOutcome, Failure>> + Send;

    /// Takes the right to probe a failing endpoint until `until`, if its URI and the end of its pause are still the same as in
    /// `failing`.
    fn lease_probe(
        &self,
        endpoint: EndpointId,
        failing: &FailingEndpoint,
        until: Timestamp,
    ) -> impl Future<Output = Result<WriteOutcome, Failure>> + Send;

    /// Forgets the failures of the endpoint.
    fn clear_endpoint_failures(
        &self,
        endpoint: EndpointId,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Takes the lease on the next attempt until `until`, if the delivery has not changed since it was read.
    fn lease_attempt(
        &self,
        delivery: &Delivery,
        until: Timestamp,
    ) -> impl Future<Output = Result<WriteOutcome, Failure>> + Send;

    fn remove_deletion_notice(
        &self,
        endpoint: EndpointId,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The queues of delivery jobs.
pub trait DeliveryQueue: Send + Sync {
    /// Enqueues a job with a delay, in the queue of slow endpoints if `job.slow` is set. `name` identifies the job.
    fn enqueue_delivery(
        &self,
        job: &DeliveryJob,
        name: &str,
        delay: Duration,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// One webhook to send.
pub struct OutgoingWebhook<'a> {
    pub id: Uuid,
    pub method: Method,
    pub uri: &'a str,
    pub body: String,
    pub secrets: &'a SecretSet,
    pub now: Timestamp,
}

/// Sends HTTP requests to the endpoints of customers.
pub trait WebhookSender: Send + Sync {
    fn send_webhook(&self, webhook: OutgoingWebhook<'_>) -> impl Future<Output = AttemptReport> + Send;
}

/// The rows that payloads are built from.
pub trait ReadPayloadRows: ReadAgents + ReadResources + AccessKeys {}

impl<S: ReadAgents + ReadResources + AccessKeys> ReadPayloadRows for S {}
