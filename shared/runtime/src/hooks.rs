//! The ends of webhooks in AWS: their queues, the jobs that come there later, and HTTP to where customers say.

use std::time::Duration;

use bytes::Bytes;
use custodian_app::Failure;
use custodian_cascade::{Task, Tasks};
use custodian_deliveries::{Errand, Errands, Post, Posting};
use custodian_domain::Timestamp;
use custodian_store::{Store, failed};
use custodian_webhooks::{Deliverer, Limits, Message, Reach, Report, SystemResolver, Trust};

use crate::aws::Aws;
use crate::config::required;
use crate::ends::{CascadeQueue, Connect};
use crate::jobs::OneOffJobs;

/// What a queue can put off at most.
const MOST_DELAY: Duration = Duration::from_secs(900);

/// A queue of errands; connected, the one where all of them begin.
pub struct ErrandQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl Connect for ErrandQueue {
    async fn connect(aws: &Aws, _: &Store) -> Result<Self, Failure> {
        Ok(Self { client: aws_sdk_sqs::Client::new(&aws.sdk), url: required("WEBHOOK_QUEUE_URL")? })
    }
}

impl Errands for ErrandQueue {
    async fn errand(&self, errand: &Errand, _: &str, delay: Duration, _: Timestamp) -> Result<(), Failure> {
        let body = serde_json::to_string(errand).map_err(|cause| Failure::unavailable("an errand", cause))?;
        // A second too much rather than too early.
        let seconds = (delay.min(MOST_DELAY) + Duration::from_millis(999)).as_secs();
        let delay = i32::try_from(seconds).unwrap_or(i32::MAX).min(900);
        let call = self.client.send_message().queue_url(&self.url).message_body(body).delay_seconds(delay);
        call.send().await.map(|_| ()).map_err(|error| failed("the queue of webhooks", &error))
    }
}

/// Everything that a delivery needs.
pub struct Webhooks {
    errands: ErrandQueue,
    /// Where slow destinations are waited for.
    slow: ErrandQueue,
    jobs: OneOffJobs,
    queue_arn: String,
    cascade: CascadeQueue,
    deliverer: Deliverer<SystemResolver>,
}

impl Connect for Webhooks {
    async fn connect(aws: &Aws, store: &Store) -> Result<Self, Failure> {
        let down = |cause| Failure::unavailable("the trusted certificates", cause);
        let trust = Trust::of_the_system().map_err(down)?;
        let deliverer = Deliverer::new(Reach::Public, SystemResolver, trust, Limits::default());
        let errands = ErrandQueue::connect(aws, store).await?;
        let slow = ErrandQueue { client: errands.client.clone(), url: required("WEBHOOK_SLOW_QUEUE_URL")? };
        Ok(Self {
            errands,
            slow,
            jobs: OneOffJobs::connect(aws, store).await?,
            queue_arn: required("WEBHOOK_QUEUE_ARN")?,
            cascade: CascadeQueue::connect(aws, store).await?,
            deliverer: deliverer.map_err(down)?,
        })
    }
}

impl Errands for Webhooks {
    async fn errand(
        &self,
        errand: &Errand,
        name: &str,
        delay: Duration,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if errand.slow {
            return self.slow.errand(errand, name, delay, now).await;
        }
        if delay <= MOST_DELAY {
            return self.errands.errand(errand, name, delay, now).await;
        }
        let due = now.plus(delay).rounded_up_to_second();
        self.jobs.create(name, due, self.queue_arn.clone(), errand).await
    }
}

impl Posting for Webhooks {
    async fn post(&self, post: Post<'_>) -> Report {
        self.deliverer.deliver(&message(post)).await
    }
}

impl Tasks for Webhooks {
    async fn hand_out(&self, tasks: &[Task]) -> Result<(), Failure> {
        self.cascade.hand_out(tasks).await
    }
}

fn message(post: Post<'_>) -> Message<'_> {
    Message {
        id: post.id.into(),
        method: post.method,
        uri: post.uri,
        body: Bytes::from(post.body),
        secrets: post.secrets,
        now: post.now,
    }
}
