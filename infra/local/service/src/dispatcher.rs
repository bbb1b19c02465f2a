//! The dispatcher invokes functions for stream records, queue messages and due jobs, as AWS does in a deployed stack.

mod messages;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lambda_events::dynamodb::Event as StreamEvent;
use custodian_app::Failure;
use custodian_domain::scheduled_job::Job;
use custodian_domain::{CustomerId, Timestamp};
use custodian_engine::Engine;
use custodian_event_sources::{handle_invocation, handle_stream_event};
use futures::stream::{StreamExt, iter};
use serde_json::json;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use self::messages::{BACKOFF, MAX_RECEIVES, TIME_SLICE, handle_message};
use crate::panics::catch_panic;
use crate::published::PublishedRecords;
use crate::services::{
    CASCADE, CASCADE_START, EXPORTS, LocalContext, MAIL, OPERATIONS, REQUESTS, SLOW_WEBHOOKS, WEBHOOKS,
};
use crate::state::jobs::StoredJob;
use crate::state::{LocalState, StoredMessage};
use crate::stream::ChangeStream;

const MAX_CONCURRENT_MESSAGES: usize = 8;
/// The template's maximum concurrency of the queue for slow endpoints.
const MAX_CONCURRENT_SLOW_WEBHOOKS: usize = 5;
/// The visibility timeout of the webhook queues in the template.
const VISIBILITY_TIMEOUT: Duration = Duration::from_secs(180);

/// Whether one of two steps made progress, or the first failure of the two.
fn either_progressed(first: Result<bool, Failure>, second: Result<bool, Failure>) -> Result<bool, Failure> {
    Ok(first? | second?)
}

/// The key in the state file for the sequence number of the last published record.
fn position_key(stream: &ChangeStream) -> String {
    format!("stream position {}", stream.table)
}

pub(crate) struct Dispatcher {
    pub(crate) cx: Arc<LocalContext>,
    pub(crate) engine: Engine,
    streams: Vec<ChangeStream>,
    pub(crate) published: PublishedRecords,
    /// Webhook deliveries that run concurrently with the dispatcher.
    in_flight: Mutex<JoinSet<Result<(), Failure>>>,
    /// Limits the concurrent deliveries to slow endpoints.
    slow_permits: Arc<Semaphore>,
    /// Whether the last pass failed to publish a record.
    has_unpublished: AtomicBool,
}

impl Dispatcher {
    pub(crate) fn new(
        cx: Arc<LocalContext>,
        engine: Engine,
        streams: Vec<ChangeStream>,
        published: PublishedRecords,
    ) -> Self {
        let slow_permits = Arc::new(Semaphore::new(MAX_CONCURRENT_SLOW_WEBHOOKS));
        Self {
            cx,
            engine,
            streams,
            published,
            in_flight: Mutex::default(),
            slow_permits,
            has_unpublished: AtomicBool::new(false),
        }
    }

    fn state(&self) -> &LocalState {
        &self.cx.services.state
    }

    fn stop_at(&self) -> Timestamp {
        self.cx.now().plus(TIME_SLICE)
    }

    /// Dispatches until nothing is due, except stream records that cannot be published, and no delivery is in flight.
    pub(crate) async fn drain(&self) -> Result<(), Failure> {
        while self.dispatch_due().await? || self.delivery_finished().await? {}
        Ok(())
    }

    /// Deletes stream records that an earlier process published but did not delete before it was killed.
    pub(crate) fn delete_published_records(&self) -> Result<(), Failure> {
        for stream in &self.streams {
            if let Some(position) = self.state().get(&position_key(stream))? {
                self.published.delete_up_to(&stream.table, &position)?;
            }
        }
        self.erase_deleted_rows()
    }

    /// Handles stream records, messages and jobs that are due now. Returns false if nothing was due.
    pub(crate) async fn dispatch_due(&self) -> Result<bool, Failure> {
        // Handle all sources before returning a failure, so that one failing source does not block the others.
        let mut progress = Ok(false);
        self.has_unpublished.store(false, Ordering::Relaxed);
        for stream in &self.streams {
            progress = either_progressed(progress, self.publish_changes(stream).await);
        }
        let (messages, jobs) = (self.handle_messages().await, self.run_jobs().await);
        either_progressed(either_progressed(progress, messages), jobs)
    }

    /// Whether the last pass left a record in a stream, because it could not be published.
    pub(crate) fn has_unpublished_records(&self) -> bool {
        self.has_unpublished.load(Ordering::Relaxed)
    }

    /// Runs `reconcile` as the template's rate schedule does.
    pub(crate) async fn reconcile(&self) -> Result<(), Failure> {
        let request = custodian_fn_reconcile::ReconcileRequest::default();
        let function = custodian_fn_reconcile::Reconcile;
        catch_panic(handle_invocation(&function, &self.cx, request, self.stop_at())).await.flatten()
    }

    /// Runs `reconcile` as a direct invocation does to correct an account's counters.
    pub(crate) async fn recount(&self, customer: CustomerId) -> Result<(), Failure> {
        let request = custodian_fn_reconcile::ReconcileRequest {
            recount: Some(customer),
            ..custodian_fn_reconcile::ReconcileRequest::default()
        };
        handle_invocation(&custodian_fn_reconcile::Reconcile, &self.cx, request, self.stop_at()).await
    }

    async fn publish_changes(&self, stream: &ChangeStream) -> Result<bool, Failure> {
        let position_key = position_key(stream);
        let position = self.state().get(&position_key)?;
        let records = stream.read_after(&self.engine, position.as_deref());
        let records = records.map_err(|cause| Failure::unavailable("the change stream", cause))?;
        if records.is_empty() {
            return Ok(false);
        }
        let event: StreamEvent = serde_json::from_value(json!({ "Records": records }))
            .map_err(|cause| Failure::unavailable("a stream record", cause))?;
        let function = custodian_fn_customer_events::PublishEvents;
        let mut last_published = None;
        // One record at a time, so that the records before a panic are not published again.
        for record in event.records {
            let (number, mut single) = (record.change.sequence_number.clone(), StreamEvent::default());
            single.records.push(record);
            let handled = catch_panic(handle_stream_event(&function, &self.cx, single, self.stop_at())).await;
            if !handled.is_ok_and(|response| response.batch_item_failures.is_empty()) {
                self.has_unpublished.store(true, Ordering::Relaxed);
                break;
            }
            last_published = number;
        }
        if let Some(position) = &last_published {
            self.state().set(&position_key, position)?;
            self.published.delete_up_to(&stream.table, position)?;
        }
        Ok(last_published.is_some())
    }

    async fn handle_messages(&self) -> Result<bool, Failure> {
        let now = self.cx.now();
        while let Some(finished) = self.in_flight.lock().await.try_join_next() {
            finished.map_err(|cause| Failure::unavailable("a webhook delivery", cause))??;
        }
        let deliveries = self.state().visible_messages(&[WEBHOOKS], now)?;
        let mut progressed = !deliveries.is_empty();
        for delivery in deliveries {
            self.spawn_delivery(delivery, None).await?;
        }
        for delivery in self.state().visible_messages(&[SLOW_WEBHOOKS], now)? {
            let Ok(permit) = Arc::clone(&self.slow_permits).try_acquire_owned() else { break };
            progressed = true;
            self.spawn_delivery(delivery, Some(permit)).await?;
        }
        let queues = [MAIL, REQUESTS, CASCADE_START, CASCADE, EXPORTS, OPERATIONS];
        let messages = self.state().visible_messages(&queues, now)?;
        progressed |= !messages.is_empty();
        let results: Vec<_> = iter(messages)
            .map(|message| handle_message(&self.cx, message))
            .buffer_unordered(MAX_CONCURRENT_MESSAGES)
            .collect()
            .await;
        results.into_iter().collect::<Result<(), _>>().map(|()| progressed)
    }

    /// Starts a webhook delivery and does not wait for it, because a slow endpoint would block all other work.
    async fn spawn_delivery(
        &self,
        delivery: StoredMessage,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<(), Failure> {
        self.state().hide_message(delivery.id, self.cx.now().plus(VISIBILITY_TIMEOUT))?;
        let cx = Arc::clone(&self.cx);
        self.in_flight.lock().await.spawn(async move {
            let handled = handle_message(&cx, delivery).await;
            drop(permit);
            // A delivery can change rows, and another one may wait for the permit.
            cx.services.wake_dispatcher.notify_one();
            handled
        });
        Ok(())
    }

    /// Waits until a delivery finishes. Returns false if none is in flight.
    async fn delivery_finished(&self) -> Result<bool, Failure> {
        match self.in_flight.lock().await.join_next().await {
            None => Ok(false),
            Some(Ok(result)) => result.map(|()| true),
            Some(Err(cause)) => Err(Failure::unavailable("a webhook delivery", cause)),
        }
    }

    async fn run_jobs(&self) -> Result<bool, Failure> {
        let jobs = self.state().due_jobs(self.cx.now())?;
        let progressed = !jobs.is_empty();
        for job in jobs {
            self.run_job(job).await?;
        }
        Ok(progressed)
    }

    /// Runs a due job, and removes it, postpones it or moves it to the dead-letter queue. A panic is a failure, too.
    async fn run_job(&self, job: StoredJob) -> Result<(), Failure> {
        let Err(failure) = catch_panic(self.invoke_target(&job)).await.flatten() else {
            return self.state().remove_job(&job.name);
        };
        tracing::error!(%failure, job = job.name, "a scheduled job failed");
        let attempts = job.failed_attempts + 1;
        if attempts >= MAX_RECEIVES {
            return self.state().move_job_to_dead_letters(&job);
        }
        self.state().postpone_job(&job.name, self.cx.now().plus(BACKOFF * attempts))
    }

    async fn invoke_target(&self, job: &StoredJob) -> Result<(), Failure> {
        let (cx, stop_at) = (&*self.cx, self.stop_at());
        let input: Job = serde_json::from_str(&job.input)
            .map_err(|cause| Failure::unreadable("a scheduled job", cause))?;
        match input {
            Job::Remind { .. } => handle_invocation(&custodian_fn_remind::Remind, cx, input, stop_at).await,
            Job::Purge { .. } => handle_invocation(&custodian_fn_purge::Purge, cx, input, stop_at).await,
            Job::Expire { .. } => handle_invocation(&custodian_fn_expire::Expire, cx, input, stop_at).await,
        }
    }
}
