//! Test doubles of the scheduler, event bus, queues, webhook sender and mailer, behind the same fault injector as the database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use custodian_app::Failure;
use custodian_app::ports::{Mail, Mailer, Scheduler};
use custodian_cascade::{CascadeQueue, CascadeTask};
use custodian_domain::scheduled_job::{Job, ScheduledJob};
use custodian_domain::{CustomerId, EventType, Timestamp};
use custodian_engine::Fault;
use custodian_events::{Event, EventBus, EventMessage};
use custodian_webhook_client::{AttemptOutcome, AttemptReport};
use custodian_webhooks::{DeliveryJob, DeliveryQueue, OutgoingWebhook, WebhookSender};
use uuid::Uuid;

use crate::fault_injector::FaultInjector;

/// Everything that the test doubles have received. Tests read and change it.
#[derive(Clone, Debug, Default)]
pub struct ServiceState {
    pub jobs: BTreeMap<String, ScheduledJob>,
    pub events: Vec<Event>,
    /// Messages that start a cascade.
    pub cascade_starts: Vec<EventMessage>,
    /// Messages that send a verification mail or the mail about a deletion, because the ledger waits for that one.
    pub mail_events: Vec<EventMessage>,
    pub cascade_tasks: Vec<CascadeTask>,
    /// Webhook deliveries. The bus enqueues deletion notices only, because the ledger waits for them.
    pub delivery_jobs: Vec<DeliveryJob>,
    /// The name and the due time of every enqueued delivery job.
    pub delivery_schedule: Vec<(String, Timestamp)>,
    pub mails: Vec<Mail>,
    /// The webhooks that were sent: id, destination and body.
    pub sent_webhooks: Vec<(Uuid, String, String)>,
    /// The result of a webhook's next attempt, instead of a success.
    pub attempt_reports: BTreeMap<Uuid, AttemptReport>,
    /// The number of published records of each stream.
    pub(crate) published_records: BTreeMap<&'static str, usize>,
}

impl ServiceState {
    /// The next message about a deletion in the queue of mails.
    pub(crate) fn next_deletion_mail(&self) -> Option<EventMessage> {
        let mut events = self.mail_events.iter();
        events.find(|event| event.detail.event_type == EventType::CustomerDeleted).cloned()
    }
}

/// The test doubles.
pub struct TestServices {
    state: Mutex<ServiceState>,
    fault_injector: Arc<FaultInjector>,
}

impl TestServices {
    pub fn new(fault_injector: Arc<FaultInjector>) -> Self {
        Self { state: Mutex::default(), fault_injector }
    }

    pub fn state(&self) -> MutexGuard<'_, ServiceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self, name: &'static str, effect: impl FnOnce(&mut ServiceState)) -> Result<(), Failure> {
        let fault = self.fault_injector.intercept(name);
        if fault != Fault::LoseRequest {
            effect(&mut self.state());
        }
        if fault == Fault::None { Ok(()) } else { Err(Failure::unavailable(name, "interrupted")) }
    }
}

impl Scheduler for TestServices {
    async fn schedule(&self, scheduled_job: &ScheduledJob) -> Result<(), Failure> {
        self.call("CreateSchedule", |state| {
            state.jobs.entry(scheduled_job.job.name()).or_insert(*scheduled_job);
        })
    }

    async fn cancel(&self, job: &Job) -> Result<(), Failure> {
        self.call("DeleteSchedule", |state| {
            state.jobs.remove(&job.name());
        })
    }
}

impl EventBus for TestServices {
    async fn publish(&self, events: &[Event]) -> Result<(), Failure> {
        self.call("PutEvents", |state| {
            for event in events {
                state.events.push(event.clone());
                let message = EventMessage { detail: event.clone() };
                match event.event_type {
                    EventType::CustomerCreated => state.mail_events.push(message),
                    EventType::CustomerDeleted => {
                        state.mail_events.push(message.clone());
                        state.cascade_starts.push(message);
                        state.delivery_jobs.push(DeliveryJob::first(event.clone()));
                    }
                    EventType::CustomerExpired => state.cascade_starts.push(message),
                    _ => {}
                }
            }
        })
    }
}

impl DeliveryQueue for TestServices {
    async fn enqueue_delivery(
        &self,
        job: &DeliveryJob,
        name: &str,
        delay: Duration,
        now: Timestamp,
    ) -> Result<(), Failure> {
        self.call("SendMessage", |state| {
            state.delivery_jobs.push(job.clone());
            state.delivery_schedule.push((name.to_owned(), now.plus(delay)));
        })
    }
}

impl WebhookSender for TestServices {
    /// Every receiver responds with 200, unless a test sets another result.
    async fn send_webhook(&self, webhook: OutgoingWebhook<'_>) -> AttemptReport {
        let mut state = self.state();
        state.sent_webhooks.push((webhook.id, webhook.uri.to_owned(), webhook.body));
        let success =
            AttemptReport { outcome: AttemptOutcome::Succeeded { status: 200 }, latency: Duration::ZERO };
        state.attempt_reports.remove(&webhook.id).unwrap_or(success)
    }
}

impl CascadeQueue for TestServices {
    async fn enqueue_tasks(&self, tasks: &[CascadeTask]) -> Result<(), Failure> {
        if tasks.is_empty() {
            return Ok(());
        }
        self.call("SendMessageBatch", |state| state.cascade_tasks.extend_from_slice(tasks))
    }
}

impl Mailer for TestServices {
    async fn send_mail(&self, mail: &Mail, _: Option<CustomerId>) -> Result<(), Failure> {
        self.call("SendEmail", |state| state.mails.push(mail.clone()))
    }
}
