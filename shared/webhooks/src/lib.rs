//! The use cases of webhooks: which events are delivered, when an attempt is retried, and how an account manages its endpoints.
//!
//! An account has up to five endpoints. An event on the bus becomes a delivery job in a queue, and the worker enqueues one more job
//! for each other endpoint that has chosen the event. The payload is built from the row when the job runs; the job carries
//! no values. The outcome of each attempt is stored with the account, except for the deletion notice. A retry is a delayed message
//! or, if the delay exceeds the maximum of SQS, a one-off EventBridge Scheduler job. Slow endpoints have a queue of their own.
//!
//! The deletion notice, the webhook about an account's own deletion, goes to the former endpoints that had chosen it. Their encrypted
//! destinations expire after an hour, and a step of the deletion's ledger stays open until they are removed.

mod attempt_result;
mod decision;
mod deferral;
mod deletion_notice;
mod delivery;
mod delivery_job;
mod endpoints;
mod failing;
mod fan_out;
mod manage;
mod payload;
mod payload_size;
mod ports;
mod secrets;
mod sending;
mod slow_queue;

pub use delivery::deliver;
pub use delivery_job::DeliveryJob;
pub use endpoints::{create_endpoint, delete_endpoint, list_endpoints, show_endpoint, update_endpoint};
pub use manage::{redeliver, rotate_secret, send_test};
pub use payload::payload;
pub use ports::{DeliveryQueue, OutgoingWebhook, ReadPayloadRows, SecretChange, WebhookSender, WebhookStore};
