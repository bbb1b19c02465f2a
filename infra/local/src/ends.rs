//! The local ends of Scheduler, EventBridge, SQS and SES, behind the ports of the ones in AWS.

use std::sync::Arc;
use std::time::Duration;

use custodian_app::Failure;
use custodian_app::ports::{Alarms, Mail, Mailer, Requested, Requests, Signs};
use custodian_app::{Clock, Sources};
use custodian_auth::Signer;
use custodian_cascade::{Task, Tasks};
use custodian_deliveries::{Errand, Errands, Post, Posting};
use custodian_domain::Timestamp;
use custodian_domain::alarm::{Alarm, Job};
use custodian_events::{
    Bus, CUSTOMER_CREATED, CUSTOMER_DELETED, CUSTOMER_ERASED, CUSTOMER_EXPIRED, CUSTOMER_FROZEN,
    CUSTOMER_UPDATED, CUSTOMER_VERIFIED, Delivered, Event, OPERATIONS_TERMINATE, SOURCE,
};
use custodian_webhooks::{Deliverer, Message, Report, SystemResolver};
use serde_json::json;
use tokio::sync::Notify;

use crate::clock::VirtualClock;
use crate::journal::Journal;

/// The queues of the stack.
pub(crate) const MAIL: &str = "mail";
pub(crate) const REQUESTS: &str = "requests";
pub(crate) const CASCADE_START: &str = "cascade-start";
pub(crate) const CASCADE: &str = "cascade";
pub(crate) const WEBHOOKS: &str = "webhooks";
pub(crate) const SLOW_WEBHOOKS: &str = "webhooks-slow";
pub(crate) const OPERATIONS: &str = "operations";

/// Which queues the bus's rules put an event on, as the template's do.
fn rules(kind: &str) -> &'static [&'static str] {
    match kind {
        CUSTOMER_CREATED | CUSTOMER_UPDATED | CUSTOMER_VERIFIED => &[MAIL, WEBHOOKS],
        CUSTOMER_FROZEN => &[OPERATIONS, WEBHOOKS],
        CUSTOMER_DELETED => &[CASCADE_START, OPERATIONS, WEBHOOKS],
        CUSTOMER_EXPIRED => &[CASCADE_START],
        CUSTOMER_ERASED | OPERATIONS_TERMINATE => &[],
        _ => &[WEBHOOKS],
    }
}

pub(crate) struct LocalEnds {
    pub(crate) journal: Arc<Journal>,
    pub(crate) clock: Arc<VirtualClock>,
    /// Wakes the pump.
    pub(crate) work: Arc<Notify>,
    pub(crate) signer: Signer,
    pub(crate) deliverer: Deliverer<SystemResolver>,
}

impl LocalEnds {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn send(&self, queue: &str, body: &impl serde::Serialize) -> Result<(), Failure> {
        let body = serde_json::to_string(body).map_err(|cause| Failure::unavailable("a message", cause))?;
        self.journal.send(queue, &body, self.now())?;
        self.work.notify_one();
        Ok(())
    }
}

impl Alarms for LocalEnds {
    async fn arm(&self, alarm: &Alarm) -> Result<(), Failure> {
        let input =
            serde_json::to_string(&alarm.job).map_err(|cause| Failure::unavailable("a job", cause))?;
        self.journal.add_job(&alarm.job.name(), alarm.due, alarm.job.target(), &input)
    }

    async fn disarm(&self, job: &Job) -> Result<(), Failure> {
        self.journal.remove_job(&job.name())
    }
}

impl Bus for LocalEnds {
    async fn publish(&self, events: &[Event]) -> Result<(), Failure> {
        for event in events {
            let entry =
                json!({ "source": SOURCE, "detail-type": event.kind, "time": event.time, "detail": event });
            self.journal.add_event(&entry)?;
            for queue in rules(&event.kind) {
                self.send(queue, &Delivered { detail: event.clone() })?;
            }
        }
        Ok(())
    }
}

impl Errands for LocalEnds {
    async fn errand(&self, errand: &Errand, _: &str, delay: Duration, now: Timestamp) -> Result<(), Failure> {
        let body = serde_json::to_string(errand).map_err(|cause| Failure::unavailable("an errand", cause))?;
        let queue = if errand.slow { SLOW_WEBHOOKS } else { WEBHOOKS };
        self.journal.send(queue, &body, now.plus(delay))?;
        self.work.notify_one();
        Ok(())
    }
}

impl Posting for LocalEnds {
    async fn post(&self, post: Post<'_>) -> Report {
        let message = Message {
            id: post.id.into(),
            method: post.method,
            uri: post.uri,
            body: post.body.into(),
            secrets: post.secrets,
            now: post.now,
        };
        self.deliverer.deliver(&message).await
    }
}

impl Tasks for LocalEnds {
    async fn hand_out(&self, tasks: &[Task]) -> Result<(), Failure> {
        tasks.iter().try_for_each(|task| self.send(CASCADE, task))
    }
}

impl Requests for LocalEnds {
    async fn request(&self, request: &Requested) -> Result<(), Failure> {
        self.send(REQUESTS, request)
    }
}

impl Mailer for LocalEnds {
    async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        let tm_create = self.now().to_rfc3339();
        let kept = json!({ "to": mail.to, "subject": mail.subject, "text": mail.text, "html": mail.html, "tm_create": tm_create });
        self.journal.add_mail(&kept)
    }
}

impl Signs for LocalEnds {
    fn signer(&self) -> &Signer {
        &self.signer
    }
}

/// The clock that can be moved, and real chance.
pub(crate) fn sources(clock: &Arc<VirtualClock>) -> Sources {
    Sources { clock: Arc::clone(clock) as Arc<dyn Clock>, ..custodian_runtime::sources() }
}
