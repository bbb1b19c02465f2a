//! Test doubles of the scheduler, event bus, queues, export files, webhook sender and mailer. All but the webhook sender are behind
//! the same fault injector as the database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use custodian_app::Failure;
use custodian_app::ports::{Mail, Mailer, Scheduler};
use custodian_cascade::{CascadeQueue, CascadeTask, RemoveFiles};
use custodian_domain::scheduled_job::{Job, ScheduledJob};
use custodian_domain::{CustomerId, EventType, Timestamp};
use custodian_engine::Fault;
use custodian_events::{Event, EventBus, EventMessage};
use custodian_exports::{CompleteOutcome, ExportFile, ExportFiles, ExportQueue, ExportTask};
use custodian_webhook_client::{AttemptOutcome, AttemptReport};
use custodian_webhooks::{DeliveryJob, DeliveryQueue, OutgoingWebhook, WebhookSender};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::fault_injector::FaultInjector;

/// What the test doubles have received and still hold. Tests read and change it.
#[derive(Clone, Debug, Default)]
pub struct ServiceState {
    pub jobs: BTreeMap<String, ScheduledJob>,
    pub events: Vec<Event>,
    /// Messages that start a cascade.
    pub cascade_starts: Vec<EventMessage>,
    /// Messages that send a verification mail, or the first mail about a deletion, for which the ledger waits.
    pub mail_events: Vec<EventMessage>,
    pub cascade_tasks: Vec<CascadeTask>,
    /// Webhook deliveries. The bus enqueues deletion notices only, because the ledger waits for them.
    pub delivery_jobs: Vec<DeliveryJob>,
    /// The name and the due time of every job that `enqueue_delivery` got.
    pub delivery_schedule: Vec<(String, Timestamp)>,
    pub export_tasks: Vec<ExportTask>,
    /// The complete files of exports.
    pub export_files: BTreeMap<ExportFile, Vec<u8>>,
    /// The parts of the uploads that are neither complete nor aborted.
    pub export_uploads: BTreeMap<(ExportFile, String), BTreeMap<usize, Vec<u8>>>,
    pub mails: Vec<Mail>,
    /// The webhooks that were sent: id, destination and body.
    pub sent_webhooks: Vec<(Uuid, String, String)>,
    /// The result of a webhook's next attempt, instead of a success.
    pub attempt_reports: BTreeMap<Uuid, AttemptReport>,
    /// The number of published records of each stream.
    pub published_records: BTreeMap<&'static str, usize>,
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
        if ![Fault::LoseRequest, Fault::Hang].contains(&fault) {
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

impl ExportQueue for TestServices {
    async fn enqueue_export(&self, task: &ExportTask) -> Result<(), Failure> {
        self.call("SendMessage", |state| state.export_tasks.push(*task))
    }
}

impl ExportFiles for TestServices {
    async fn create_upload(&self, file: ExportFile) -> Result<String, Failure> {
        let id = Uuid::from_u128(self.fault_injector.calls() as u128).to_string();
        self.call("CreateMultipartUpload", |state| {
            state.export_uploads.insert((file, id.clone()), BTreeMap::new());
        })?;
        Ok(id)
    }

    /// Parts with different contents have different entity tags.
    async fn upload_part(
        &self,
        file: ExportFile,
        upload: &str,
        number: usize,
        bytes: Vec<u8>,
    ) -> Result<String, Failure> {
        let etag = etag_of(&bytes);
        let mut exists = true;
        self.call("UploadPart", |state| match state.export_uploads.get_mut(&(file, upload.to_owned())) {
            Some(parts) => drop(parts.insert(number, bytes)),
            None => exists = false,
        })?;
        if exists { Ok(etag) } else { Err(Failure::unavailable("UploadPart", "NoSuchUpload")) }
    }

    async fn complete_upload(
        &self,
        file: ExportFile,
        upload: &str,
        parts: &[String],
    ) -> Result<CompleteOutcome, Failure> {
        let mut outcome = CompleteOutcome::UploadLost;
        self.call("CompleteMultipartUpload", |state| {
            let key = (file, upload.to_owned());
            let stored = state.export_uploads.get(&key);
            let etags = stored.map(|stored| stored.values().map(|bytes| etag_of(bytes)).collect::<Vec<_>>());
            if etags.is_some_and(|etags| etags == parts) {
                let stored = state.export_uploads.remove(&key).unwrap_or_default();
                state.export_files.insert(file, stored.into_values().flatten().collect());
            }
            if state.export_files.contains_key(&file) {
                outcome = CompleteOutcome::Done;
            }
        })?;
        Ok(outcome)
    }

    async fn abort_upload_and_delete_file(
        &self,
        file: ExportFile,
        upload: Option<&str>,
    ) -> Result<(), Failure> {
        self.call("DeleteObject", |state| {
            state.export_files.remove(&file);
            let is_discarded = |id: &str| upload.is_none_or(|upload| upload == id);
            state.export_uploads.retain(|(of, id), _| *of != file || !is_discarded(id));
        })
    }
}

fn etag_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl RemoveFiles for TestServices {
    async fn remove_files(&self, customer: CustomerId) -> Result<(), Failure> {
        self.call("DeleteObjects", |state| {
            state.export_files.retain(|file, _| file.customer_id != customer);
            state.export_uploads.retain(|(file, _), _| file.customer_id != customer);
        })
    }
}
