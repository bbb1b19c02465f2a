//! The use cases of webhooks: which events are delivered, when an attempt is retried, and how an account manages its endpoint.
//!
//! An event on the bus becomes a delivery job in a queue. The payload is built from the row when the job runs; the job carries
//! no values. The outcome of each attempt is stored with the account. A retry is a delayed message or, if the delay exceeds
//! the maximum of SQS, a one-off EventBridge Scheduler job. Slow endpoints have a queue of their own.
//!
//! The deletion notice, the webhook about an account's own deletion, goes to the endpoint that the account had. Its encrypted
//! destination is stored for an hour at most, and a step of the deletion's ledger waits until it is removed.

mod decision;
mod deferral;
mod deletion_notice;
mod delivery;
mod delivery_job;
mod failing;
mod manage;
mod payload;
mod payload_size;
mod ports;
mod secrets;
mod sending;
mod slow_queue;

pub use delivery::deliver;
pub use delivery_job::DeliveryJob;
pub use manage::{redeliver, rotate_secret, send_test, show};
pub use payload::payload;
pub use ports::{DeliveryQueue, OutgoingWebhook, ReadPayloadRows, SecretChange, WebhookSender, WebhookStore};
