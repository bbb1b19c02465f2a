//! The adapters of webhooks: SQS queues for delivery jobs, EventBridge Scheduler for long delays, and an HTTP client for the
//! endpoints of customers.

use std::time::Duration;

use bytes::Bytes;
use custodian_app::Failure;
use custodian_cascade::{CascadeQueue, CascadeTask};
use custodian_domain::Timestamp;
use custodian_store::{Store, aws_failure};
use custodian_webhook_client::{
    AttemptReport, ClientLimits, Message, SystemResolver, TrustStore, WebhookClient,
};
use custodian_webhooks::{DeliveryJob, DeliveryQueue, OutgoingWebhook, WebhookSender};

use crate::aws::AwsConfig;
use crate::config::{required, settings};
use crate::from_env::FromEnv;
use crate::scheduler::EventBridgeScheduler;
use crate::sqs::SqsCascadeQueue;

/// The longest delay that SQS supports.
const MAX_DELAY: Duration = Duration::from_secs(900);

/// A queue of delivery jobs. `from_env` returns the main queue, which receives the first job of every delivery.
pub struct SqsDeliveryQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl FromEnv for SqsDeliveryQueue {
    async fn from_env(aws: &AwsConfig, _: &Store) -> Result<Self, Failure> {
        Ok(Self { client: aws_sdk_sqs::Client::new(&aws.sdk), url: required("WEBHOOK_QUEUE_URL")? })
    }
}

impl DeliveryQueue for SqsDeliveryQueue {
    async fn enqueue_delivery(
        &self,
        job: &DeliveryJob,
        _: &str,
        delay: Duration,
        _: Timestamp,
    ) -> Result<(), Failure> {
        let body = serde_json::to_string(job)
            .map_err(|cause| Failure::unavailable("the encoding of a delivery job", cause))?;
        // Round up, so that an attempt is never early.
        let seconds = (delay.min(MAX_DELAY) + Duration::from_millis(999)).as_secs();
        let delay = i32::try_from(seconds).unwrap_or(i32::MAX).min(900);
        let request = self.client.send_message().queue_url(&self.url).message_body(body).delay_seconds(delay);
        request.send().await.map(|_| ()).map_err(|error| aws_failure("the webhook queue", &error))
    }
}

/// The services of `webhook-deliver`.
pub struct WebhookServices {
    queue: SqsDeliveryQueue,
    slow_queue: SqsDeliveryQueue,
    scheduler: EventBridgeScheduler,
    queue_arn: String,
    cascade: SqsCascadeQueue,
    client: WebhookClient<SystemResolver>,
}

impl FromEnv for WebhookServices {
    async fn from_env(aws: &AwsConfig, store: &Store) -> Result<Self, Failure> {
        let unavailable = |cause| Failure::unavailable("the trusted certificates", cause);
        let trust = TrustStore::from_system().map_err(unavailable)?;
        let client =
            WebhookClient::new(settings()?.destinations, SystemResolver, trust, ClientLimits::default());
        let queue = SqsDeliveryQueue::from_env(aws, store).await?;
        let slow_queue =
            SqsDeliveryQueue { client: queue.client.clone(), url: required("WEBHOOK_SLOW_QUEUE_URL")? };
        Ok(Self {
            queue,
            slow_queue,
            scheduler: EventBridgeScheduler::from_env(aws, store).await?,
            queue_arn: required("WEBHOOK_QUEUE_ARN")?,
            cascade: SqsCascadeQueue::from_env(aws, store).await?,
            client: client.map_err(unavailable)?,
        })
    }
}

impl DeliveryQueue for WebhookServices {
    async fn enqueue_delivery(
        &self,
        job: &DeliveryJob,
        name: &str,
        delay: Duration,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if job.slow {
            return self.slow_queue.enqueue_delivery(job, name, delay, now).await;
        }
        if delay <= MAX_DELAY {
            return self.queue.enqueue_delivery(job, name, delay, now).await;
        }
        let due = now.plus(delay).rounded_up_to_second();
        self.scheduler.create(name, due, self.queue_arn.clone(), job).await
    }
}

impl WebhookSender for WebhookServices {
    async fn send_webhook(&self, webhook: OutgoingWebhook<'_>) -> AttemptReport {
        self.client.send(&to_message(webhook)).await
    }
}

impl CascadeQueue for WebhookServices {
    async fn enqueue_tasks(&self, tasks: &[CascadeTask]) -> Result<(), Failure> {
        self.cascade.enqueue_tasks(tasks).await
    }
}

fn to_message(webhook: OutgoingWebhook<'_>) -> Message<'_> {
    Message {
        id: webhook.id.into(),
        method: webhook.method,
        uri: webhook.uri,
        body: Bytes::from(webhook.body),
        secrets: webhook.secrets,
        now: webhook.now,
    }
}
