//! The capabilities that deliveries need.

use std::borrow::Cow;
use std::future::Future;
use std::time::Duration;

use custodian_app::Failure;
use custodian_app::ports::{AccessKeys, ReadAgents, ReadResources};
use custodian_domain::{CustomerId, Timestamp};
use custodian_events::{Event, Subject};
use custodian_webhooks::{Method, Report, SecretSet};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One attempt to be made. It carries what happened, and no value of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Errand {
    /// As the bus's rule hands it on.
    pub detail: Event,
    #[serde(default = "first")]
    pub attempt: u32,
    /// Whether it is where slow destinations are waited for.
    #[serde(default, skip_serializing_if = "is_not")]
    pub slow: bool,
    /// Whether somebody has asked for this attempt.
    #[serde(default, skip_serializing_if = "is_not")]
    pub asked: bool,
}

impl Errand {
    pub const fn first(detail: Event) -> Self {
        Self { detail, attempt: 1, slow: false, asked: false }
    }

    /// The next attempt, which nobody has asked for.
    pub(crate) fn following(&self) -> Self {
        Self { attempt: self.attempt + 1, ..Self::first(self.detail.clone()) }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_not(flag: &bool) -> bool {
    !*flag
}

const fn first() -> u32 {
    1
}

impl Subject for Errand {
    fn customer(&self) -> Option<CustomerId> {
        Some(self.detail.customer_id)
    }

    fn about(&self) -> Cow<'_, str> {
        Cow::from(&self.detail.kind)
    }
}

/// The queues of errands, and the jobs that put one there later.
pub trait Errands: Send + Sync {
    /// Sends an errand, to be done after `delay`, to the queue of slow destinations if it says so; `name` is the errand's own.
    fn errand(
        &self,
        errand: &Errand,
        name: &str,
        delay: Duration,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A webhook to be posted once.
pub struct Post<'a> {
    pub id: Uuid,
    pub method: Method,
    pub uri: &'a str,
    pub body: String,
    pub secrets: Option<&'a SecretSet>,
    pub now: Timestamp,
}

/// HTTP to where customers say.
pub trait Posting: Send + Sync {
    fn post(&self, post: Post<'_>) -> impl Future<Output = Report> + Send;
}

/// The rows of which payloads are made.
pub trait ReadRows: ReadAgents + ReadResources + AccessKeys {}

impl<S: ReadAgents + ReadResources + AccessKeys> ReadRows for S {}
