//! What every use case is handed: the store, the ends it may use, the time, chance, the settings and the meter.

use std::sync::Arc;
use std::time::Duration;

use custodian_domain::{Stamp, Timestamp};

use crate::keys::Keys;
use crate::metrics::Meter;

/// The time. There is one real clock (in `custodian-runtime`) and one that can be moved (in the local service).
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// Random bytes fit for keys.
pub trait Entropy: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

/// Where time and chance come from.
#[derive(Clone)]
pub struct Sources {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

impl Sources {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// The material for an id that is made at `now`.
    pub fn stamp(&self, now: Timestamp) -> Stamp {
        Stamp { now, random: self.random() }
    }
}

/// What an operator of the service may set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where links in mails lead, without a slash at the end.
    pub base_url: String,
    /// From unregistration to purge.
    pub grace: Duration,
    /// How long a customer that an operator created has to verify its e-mail address.
    pub verify_within: Duration,
    /// How long somebody who signed up has to verify the e-mail address.
    pub verify_sign_up_within: Duration,
    /// How long a login lasts.
    pub session: Duration,
    /// The address that mails come from.
    pub mail_sender: String,
    /// Whether webhooks may go to this machine itself: in the local service, where that was asked for.
    pub webhooks_to_loopback: bool,
}

impl Settings {
    pub const DAY: Duration = Duration::from_secs(86_400);
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8080".to_owned(),
            grace: 30 * Self::DAY,
            verify_within: 7 * Self::DAY,
            verify_sign_up_within: Duration::from_secs(3600),
            session: 7 * Self::DAY,
            mail_sender: "no-reply@custodian.invalid".to_owned(),
            webhooks_to_loopback: false,
        }
    }
}

/// The surroundings of a use case: `S` is the store's capabilities, `E` the ends beyond the database.
pub struct Context<S, E> {
    pub store: S,
    pub ends: E,
    pub sources: Sources,
    pub settings: Settings,
    pub keys: Keys,
    pub meter: Arc<dyn Meter>,
}

impl<S, E> Context<S, E> {
    pub fn now(&self) -> Timestamp {
        self.sources.now()
    }
}
