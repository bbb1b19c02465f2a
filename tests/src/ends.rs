//! Scheduler, bus, queues and mail in the test's hand, behind the same fuse as the database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use custodian_app::Failure;
use custodian_app::ports::{Alarms, Mail, Mailer};
use custodian_cascade::{Task, Tasks};
use custodian_deliveries::{Errand, Errands, Post, Posting};
use custodian_domain::Timestamp;
use custodian_domain::alarm::{Alarm, Job};
use custodian_engine::Fate;
use custodian_events::{Bus, CUSTOMER_CREATED, CUSTOMER_DELETED, CUSTOMER_EXPIRED, Delivered, Event};
use custodian_webhooks::{Outcome, Report};
use uuid::Uuid;

use crate::fuse::Fuse;

/// What the ends hold.
#[derive(Clone, Debug, Default)]
pub struct Held {
    pub jobs: BTreeMap<String, Alarm>,
    pub events: Vec<Event>,
    /// Messages that start a cascade or send a mail.
    pub starts: Vec<Delivered>,
    pub posts: Vec<Delivered>,
    pub tasks: Vec<Task>,
    /// Webhooks to be posted: here only the news of an account's end, which its ledger waits for.
    pub errands: Vec<Errand>,
    pub mails: Vec<Mail>,
    /// Webhooks that were posted: their ids, where to, and what they said.
    pub posted: Vec<(Uuid, String, String)>,
    /// What becomes of the next attempt of a webhook, instead of success.
    pub stumbles: BTreeMap<Uuid, Report>,
    /// How many records of each stream were told.
    pub(crate) told: std::collections::BTreeMap<&'static str, usize>,
}

/// Scheduler, bus, queues and mail, behind the same fuse as the database.
pub struct Ends {
    held: Mutex<Held>,
    fuse: Arc<Fuse>,
}

impl Ends {
    pub fn new(fuse: Arc<Fuse>) -> Self {
        Self { held: Mutex::default(), fuse }
    }

    pub fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self, name: &'static str, effect: impl FnOnce(&mut Held)) -> Result<(), Failure> {
        let fate = self.fuse.call(name);
        if fate != Fate::Lose {
            effect(&mut self.held());
        }
        if fate == Fate::Pass { Ok(()) } else { Err(Failure::unavailable(name, "cut off")) }
    }
}

impl Alarms for Ends {
    async fn arm(&self, alarm: &Alarm) -> Result<(), Failure> {
        self.call("CreateSchedule", |held| {
            held.jobs.entry(alarm.job.name()).or_insert(*alarm);
        })
    }

    async fn disarm(&self, job: &Job) -> Result<(), Failure> {
        self.call("DeleteSchedule", |held| {
            held.jobs.remove(&job.name());
        })
    }
}

impl Bus for Ends {
    async fn publish(&self, events: &[Event]) -> Result<(), Failure> {
        self.call("PutEvents", |held| {
            for event in events {
                held.events.push(event.clone());
                let delivered = Delivered { detail: event.clone() };
                match event.kind.as_str() {
                    CUSTOMER_CREATED => held.posts.push(delivered),
                    CUSTOMER_DELETED => {
                        held.starts.push(delivered);
                        held.errands.push(Errand::first(event.clone()));
                    }
                    CUSTOMER_EXPIRED => held.starts.push(delivered),
                    _ => {}
                }
            }
        })
    }
}

impl Errands for Ends {
    async fn errand(&self, errand: &Errand, _: &str, _: Duration, _: Timestamp) -> Result<(), Failure> {
        self.call("SendMessage", |held| held.errands.push(errand.clone()))
    }
}

impl Posting for Ends {
    /// Every receiver is content, unless a test says otherwise.
    async fn post(&self, post: Post<'_>) -> Report {
        let mut held = self.held();
        held.posted.push((post.id, post.uri.to_owned(), post.body));
        let content = Report { outcome: Outcome::Succeeded { status: 200 }, latency: Duration::ZERO };
        held.stumbles.remove(&post.id).unwrap_or(content)
    }
}

impl Tasks for Ends {
    async fn hand_out(&self, tasks: &[Task]) -> Result<(), Failure> {
        if tasks.is_empty() {
            return Ok(());
        }
        self.call("SendMessageBatch", |held| held.tasks.extend_from_slice(tasks))
    }
}

impl Mailer for Ends {
    async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        self.call("SendEmail", |held| held.mails.push(mail.clone()))
    }
}
