//! Refused and unusual requests: the HTTP status, the stable reason of a refusal, and that a refused request changes nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod account_status;
mod api_description;
mod bodies;
mod browser_requests;
mod described_operations;
mod error_formats;
mod field_limits;
mod http_semantics;
mod login_bodies;
mod malformed_http;
mod null_values;
mod pagination;
mod permitted_values;
mod random;
mod read_budget;
mod requests;
mod sampler;
mod text_sampler;
mod texts_and_numbers;
mod unregister;

use custodian_tests::Client;
use serde_json::{Value, json};

/// All accounts, mails, events and schedules but those of reminders. Equal before and after a request that changes nothing.
pub(crate) async fn visible_state(client: &Client) -> Value {
    let platform_admin = client.platform_admin().await;
    let mut accounts = Vec::new();
    for status in ["initial", "active", "frozen", "deleted", "expired"] {
        accounts.push(platform_admin.get(&format!("/v1.0/customers?status={status}")).await.ok());
    }
    let mut services = Vec::new();
    for service in ["mailbox", "events", "schedules"] {
        services.push(client.get(&format!("/_local/{service}")).await.ok());
    }
    json!([accounts, services])
}
