//! The webhook client: it signs webhooks, checks destinations, sends one HTTP request and computes the retry schedule.
//!
//! Only [`client`], with its parts `connection` and `exchange`, and [`resolve`] use the network, and only [`trust`] reads the
//! system's root certificates. The rest has no side effects, and takes the time and random bits as parameters. No other crate sends
//! HTTP to destinations of customers. This crate knows no table, queue or customer. The rules of delivery:
//!
//! - Every attempt checks the URL and the address to which it connects (`custodian_domain::destination`).
//! - Every attempt opens its own connection, follows no redirect and stores nothing ([`client`]).
//! - An attempt uses only the status and `Retry-After` of the response ([`outcome`]). The body is neither stored nor shown.
//! - Errors and `Debug` never show a destination, because a customer's URL may contain a credential.

pub mod client;
mod connection;
pub mod destination;
mod exchange;
pub mod limits;
pub mod message;
pub mod message_id;
pub mod outcome;
pub mod resolve;
mod retry_after;
pub mod schedule;
pub mod secret;
pub mod signature;
pub mod trust;

pub use client::WebhookClient;
pub use custodian_domain::destination::{AllowedAddresses, DestinationRefusal, DestinationRules};
pub use destination::Destination;
pub use limits::ClientLimits;
pub use message::{Message, Method};
pub use message_id::MessageId;
pub use outcome::{AttemptOutcome, AttemptReport, UnreachableCause};
pub use resolve::{Resolve, SystemResolver};
pub use schedule::{FinishedAttempt, RetrySchedule, next_delay};
pub use secret::{ReplacedSecret, SecretSet, SigningSecret};
pub use trust::{TrustStore, TrustStoreError};
