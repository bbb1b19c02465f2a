//! The context of every use case: the store, services outside the database, clock, randomness, settings, keys and metrics.

use std::sync::Arc;
use std::time::Duration;

use custodian_domain::destination::DestinationRules;
use custodian_domain::{IdSeed, Timestamp};

use crate::platform_keys::PlatformKeys;
use crate::ports::{Clock, Entropy, Metrics};
use crate::read_budget::ReadBudget;

/// The sources of time and randomness. Both are injected, so that tests control them.
#[derive(Clone)]
pub struct Providers {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

impl Providers {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// A random username: a prefix and 16 hexadecimal digits.
    pub fn generated_username(&self, prefix: &str) -> String {
        format!("{prefix}{:016x}", u64::from_be_bytes(self.random()))
    }

    /// The seed of an id with the creation time `now`.
    pub fn id_seed(&self, now: Timestamp) -> IdSeed {
        IdSeed { now, random: self.random() }
    }
}

/// How mails and pages present the platform.
#[derive(Clone, Debug)]
pub struct Brand {
    pub product_name: String,
    /// An `https` URL, or empty for no logo.
    pub logo_url: String,
    /// The color of buttons and links in the account page, the console and the API reference, such as `#0b57a4`, or empty for the
    /// default.
    pub accent_color: String,
    /// The e-mail address or URL where people get help, or empty.
    pub support: String,
    /// The URL of the product, to which pages and mails link, or empty.
    pub return_url: String,
}

impl Default for Brand {
    fn default() -> Self {
        let empty = String::new;
        Self {
            product_name: "Custodian".to_owned(),
            logo_url: empty(),
            accent_color: empty(),
            support: empty(),
            return_url: empty(),
        }
    }
}

/// How much webhooks may send. Attempts beyond it are made later.
#[derive(Clone, Copy, Debug)]
pub struct WebhookBudgets {
    /// To one endpoint, in an hour.
    pub endpoint: WebhookBudget,
    /// To one host and port, of all accounts together, in a minute.
    pub destination: WebhookBudget,
}

/// A maximum number of attempts and of payload bytes.
#[derive(Clone, Copy, Debug)]
pub struct WebhookBudget {
    pub attempts: u32,
    pub bytes: u64,
}

impl Default for WebhookBudgets {
    fn default() -> Self {
        Self {
            endpoint: WebhookBudget { attempts: 3600, bytes: 64 << 20 },
            destination: WebhookBudget { attempts: 600, bytes: 16 << 20 },
        }
    }
}

/// Settings of a deployment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The public URL of the API, without a trailing slash: the base of links in mails. Functions of the API have an empty text
    /// unless the deployment names a URL.
    pub base_url: String,
    /// The issuer that tokens must name.
    pub token_issuer: String,
    /// The grace period from unregistration to purge.
    pub grace: Duration,
    /// The verification window of an account that an operator created.
    pub verify_within: Duration,
    /// The verification window after a signup.
    pub verify_sign_up_within: Duration,
    /// The lifetime of a sign-in token.
    pub session: Duration,
    /// The sender address of mails.
    pub mail_sender: String,
    pub brand: Brand,
    /// The maximum number of mails in an hour that strangers can cause, for the whole stack.
    pub mails_per_hour: u32,
    /// The destinations to which webhooks may be sent.
    pub destinations: DestinationRules,
    pub webhook_budgets: WebhookBudgets,
    /// How many days before the purge of a frozen account its owner is reminded, in any order.
    pub reminder_days: Vec<u16>,
    /// If more accounts are deleted or fall due within an hour, all deletions pause. 0 for no limit.
    pub max_deletions_per_hour: u32,
    /// How many bytes a second an account may read from one instance of a function.
    pub read_bytes_per_second: u32,
    /// A part of an export ends when it has this many compressed bytes. S3 requires 5 MiB of every part but the last, and allows
    /// 10,000 parts.
    pub export_part_bytes: usize,
}

impl Settings {
    pub const DAY: Duration = Duration::from_secs(86_400);
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8080".to_owned(),
            token_issuer: "http://127.0.0.1:8080".to_owned(),
            grace: 30 * Self::DAY,
            verify_within: 7 * Self::DAY,
            verify_sign_up_within: Duration::from_secs(3600),
            session: 7 * Self::DAY,
            mail_sender: "no-reply@custodian.invalid".to_owned(),
            brand: Brand::default(),
            mails_per_hour: 1000,
            destinations: DestinationRules::default(),
            webhook_budgets: WebhookBudgets::default(),
            reminder_days: vec![14, 7, 1],
            max_deletions_per_hour: 1000,
            read_bytes_per_second: 8 * 1024 * 1024,
            export_part_bytes: 6 << 20,
        }
    }
}

/// `S` is the store with the ports that a use case needs, `E` the services outside the database.
pub struct Context<S, E> {
    pub store: S,
    pub services: E,
    pub providers: Providers,
    pub settings: Settings,
    pub keys: PlatformKeys,
    pub metrics: Arc<dyn Metrics>,
    pub read_budget: ReadBudget,
}

impl<S, E> Context<S, E> {
    pub fn now(&self) -> Timestamp {
        self.providers.now()
    }
}
