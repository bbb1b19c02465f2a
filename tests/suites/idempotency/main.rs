//! Repetition is safe: idempotency keys, version preconditions, and messages that are delivered more than once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod compared_state;
mod consumers;
mod idempotency_keys;
mod kept_responses;
mod leases;
mod mails;
mod platform_secret;
mod preconditions;
mod redelivered_messages;
