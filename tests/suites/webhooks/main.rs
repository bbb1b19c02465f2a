//! Webhooks: their payloads, delivery, retries and signatures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api;
mod budgets;
mod deferred_attempts;
mod deferred_deletion_notices;
mod deleted_endpoints;
mod deletion_notice;
mod delivery_list;
mod described_payloads;
mod disabled_destinations;
mod disabled_mail;
mod endpoint_api;
mod endpoints;
mod failing;
mod forbidden_destinations;
mod loops;
mod outcomes;
mod payloads;
mod receiver;
mod retries;
mod signatures;
mod standard_library;
mod volume;

use std::sync::Arc;

use custodian_tests::Client;
use serde_json::{Value, json};

pub(crate) use receiver::{Received, Receiver, Reply};

/// A service whose webhooks may go to receivers on this machine.
pub(crate) async fn start() -> Client {
    Client::start_with(&["--allow-loopback-webhooks"], Arc::new(())).await
}

/// An account whose webhooks go to a receiver. The first webhook, about the change of destination, is already discarded.
pub(crate) async fn account_with_webhook(
    client: &Client,
    name: &str,
    receiver: &Receiver,
) -> (String, Client) {
    let (id, admin) = client.tenant(name).await;
    set_webhook_uri(&admin, &receiver.uri()).await;
    receiver.take();
    (id, admin)
}

/// Sets an account's webhook destination.
pub(crate) async fn set_webhook_uri(admin: &Client, uri: &str) {
    admin.put("/v1.0/customer", json!({ "webhook_uri": uri })).await.ok();
    admin.idle().await;
}

/// The newest deliveries of an account, at most a hundred, newest first.
pub(crate) async fn deliveries(admin: &Client) -> Vec<Value> {
    admin.idle().await;
    admin.get("/v1.0/customer/webhook/deliveries").await.ok()["result"].as_array().unwrap().clone()
}

/// The delivery with this id.
pub(crate) async fn delivery(admin: &Client, id: &Value) -> Value {
    deliveries(admin)
        .await
        .into_iter()
        .find(|delivery| delivery["id"] == *id)
        .expect("the delivery is listed")
}

/// Sends a test webhook. Returns the id of its delivery.
pub(crate) async fn send_test_webhook(admin: &Client) -> Value {
    admin.post("/v1.0/customer/webhook/test", json!({})).await.ok()["id"].clone()
}
