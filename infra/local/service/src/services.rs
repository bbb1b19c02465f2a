//! Local adapters for Scheduler, EventBridge, SQS and SES, behind the same ports as the AWS adapters.

use std::sync::Arc;
use std::time::Duration;

use custodian_app::ports::{Mail, Mailer, QueuedRequest, RequestQueue, Scheduler, TokenSigner};
use custodian_app::{Clock, Context, Failure, Providers};
use custodian_auth::{KeyedHasher, Signer};
use custodian_cascade::{CascadeQueue, CascadeTask};
use custodian_domain::kinds::AGENTS;
use custodian_domain::outbox_record::ADMINISTRATOR;
use custodian_domain::scheduled_job::{Job, ScheduledJob};
use custodian_domain::{CustomerId, EventType, RowChange, Timestamp, access_key};
use custodian_events::{Event, EventBus, EventMessage, SOURCE};
use custodian_exports::{ExportQueue, ExportTask};
use custodian_store::Store;
use custodian_webhook_client::{AttemptReport, Message, SystemResolver, WebhookClient};
use custodian_webhooks::{DeliveryJob, DeliveryQueue, OutgoingWebhook, WebhookSender};
use serde_json::json;
use tokio::sync::Notify;

use crate::clock::VirtualClock;
use crate::export_storage::ExportStorage;
use crate::state::LocalState;

/// The context of every function in this process.
pub(crate) type LocalContext = Context<Store, LocalServices>;

/// The queues of the stack.
pub(crate) const MAIL: &str = "mail";
pub(crate) const REQUESTS: &str = "requests";
pub(crate) const CASCADE_START: &str = "cascade-start";
pub(crate) const CASCADE: &str = "cascade";
pub(crate) const EXPORTS: &str = "exports";
pub(crate) const WEBHOOKS: &str = "webhooks";
pub(crate) const SLOW_WEBHOOKS: &str = "webhooks-slow";
pub(crate) const OPERATIONS: &str = "operations";

/// The target queues of an event, as the event rules of the template declare them.
pub fn target_queues(event: &Event) -> &'static [&'static str] {
    match &event.event_type {
        EventType::CustomerCreated
        | EventType::CustomerDeletionReminder
        | EventType::CustomerRecovered
        | EventType::CustomerUpdated
        | EventType::CustomerVerified
        | EventType::Row { noun: access_key::NOUN, change: RowChange::Created } => &[MAIL, WEBHOOKS],
        EventType::Row { noun, .. } if *noun == AGENTS.noun && is_mailed(&event.changed) => &[MAIL, WEBHOOKS],
        EventType::CustomerFrozen => &[MAIL, OPERATIONS, WEBHOOKS],
        EventType::CustomerDeleted => &[CASCADE_START, MAIL, OPERATIONS, WEBHOOKS],
        EventType::WebhookDisabled => &[MAIL],
        EventType::CustomerExpired => &[CASCADE_START],
        EventType::CustomerErased | EventType::OperationsTerminate => &[],
        _ => &[WEBHOOKS],
    }
}

/// Whether a change of these fields of an agent causes a notice.
fn is_mailed(changed: &[String]) -> bool {
    changed.iter().any(|field| [ADMINISTRATOR, "password", "username"].contains(&&**field))
}

pub(crate) struct LocalServices {
    pub(crate) state: LocalState,
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) wake_dispatcher: Arc<Notify>,
    /// Whether mails stay when their account is deleted or expires.
    pub(crate) keep_mail: bool,
    pub(crate) signer: Signer,
    pub(crate) export_files: ExportStorage,
    /// Signs the links to export files. Its secret ends with the process; a link lives only minutes.
    pub(crate) link_hasher: KeyedHasher,
    pub(crate) webhook_client: WebhookClient<SystemResolver>,
}

impl LocalServices {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn enqueue(
        &self,
        queue: &str,
        body: &impl serde::Serialize,
        visible_at: Timestamp,
    ) -> Result<(), Failure> {
        let body =
            serde_json::to_string(body).map_err(|cause| Failure::unavailable("a queue message", cause))?;
        self.state.add_message(queue, &body, visible_at)?;
        self.wake_dispatcher.notify_one();
        Ok(())
    }
}

impl Scheduler for LocalServices {
    async fn schedule(&self, scheduled: &ScheduledJob) -> Result<(), Failure> {
        let job = &scheduled.job;
        let input =
            serde_json::to_string(job).map_err(|cause| Failure::unavailable("a scheduled job", cause))?;
        self.state.add_job(&job.name(), scheduled.due, job.target(), &input)
    }

    async fn cancel(&self, job: &Job) -> Result<(), Failure> {
        self.state.remove_job(&job.name())
    }
}

impl EventBus for LocalServices {
    async fn publish(&self, events: &[Event]) -> Result<(), Failure> {
        for event in events {
            self.erase_with_account(event)?;
            let entry = json!({ "source": SOURCE, "detail-type": event.event_type, "time": event.time.to_rfc3339(), "detail": event });
            self.state.add_event(&entry)?;
            for queue in target_queues(event) {
                self.enqueue(queue, &EventMessage { detail: event.clone() }, self.now())?;
            }
        }
        Ok(())
    }
}

impl DeliveryQueue for LocalServices {
    async fn enqueue_delivery(
        &self,
        job: &DeliveryJob,
        _: &str,
        delay: Duration,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let queue = if job.slow { SLOW_WEBHOOKS } else { WEBHOOKS };
        self.enqueue(queue, job, now.plus(delay))
    }
}

impl WebhookSender for LocalServices {
    async fn send_webhook(&self, webhook: OutgoingWebhook<'_>) -> AttemptReport {
        let message = Message {
            id: webhook.id.into(),
            method: webhook.method,
            uri: webhook.uri,
            body: webhook.body.into(),
            secrets: webhook.secrets,
            now: webhook.now,
        };
        self.webhook_client.send(&message).await
    }
}

impl CascadeQueue for LocalServices {
    async fn enqueue_tasks(&self, tasks: &[CascadeTask]) -> Result<(), Failure> {
        tasks.iter().try_for_each(|task| self.enqueue(CASCADE, task, self.now()))
    }
}

impl ExportQueue for LocalServices {
    async fn enqueue_export(&self, task: &ExportTask) -> Result<(), Failure> {
        self.enqueue(EXPORTS, task, self.now())
    }
}

impl RequestQueue for LocalServices {
    async fn enqueue_request(&self, request: &QueuedRequest) -> Result<(), Failure> {
        self.enqueue(REQUESTS, request, self.now())
    }
}

impl Mailer for LocalServices {
    async fn send_mail(&self, mail: &Mail, account: Option<CustomerId>) -> Result<(), Failure> {
        let tm_create = self.now().to_rfc3339();
        let mail = json!({
            "from": mail.from, "to": mail.to, "subject": mail.subject, "text": mail.text, "html": mail.html, "tm_create": tm_create,
        });
        self.state.add_mail(&mail, account)
    }
}

impl TokenSigner for LocalServices {
    fn signer(&self) -> &Signer {
        &self.signer
    }
}

/// The virtual clock and real randomness.
pub(crate) fn providers(clock: &Arc<VirtualClock>) -> Providers {
    Providers { clock: Arc::clone(clock) as Arc<dyn Clock>, ..custodian_runtime::providers() }
}
