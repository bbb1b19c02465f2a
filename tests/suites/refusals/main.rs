//! Every way to be refused: the status, the stable reason, and that nothing has changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bodies;
mod leaving;
mod limits;
mod pages;
mod raw;
mod requests;
mod states;

use custodian_tests::Client;
use serde_json::{Value, json};

/// Everything that an operator and the local ends can see: equal before and after whatever changes nothing.
pub(crate) async fn world(client: &Client) -> Value {
    let operator = client.operator().await;
    let mut accounts = Vec::new();
    for status in ["initial", "active", "frozen", "deleted", "expired"] {
        accounts.push(operator.get(&format!("/v1.0/customers?status={status}")).await.ok());
    }
    let mut ends = Vec::new();
    for end in ["mailbox", "events", "schedules"] {
        ends.push(client.get(&format!("/_local/{end}")).await.ok());
    }
    json!([accounts, ends])
}
