//! What other systems are told of an account's life: events on the bus, and webhooks to where customers say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod again;
mod farewell;
mod kinds;
mod library;
mod life;
mod mails;
mod messages;
mod operations;
mod outcomes;
mod payloads;
mod receiver;
mod refused;
mod retries;
mod routes;
mod schemas;
mod signatures;

use std::sync::Arc;

use custodian_domain::Timestamp;
use custodian_tests::Client;
use serde_json::{Value, json};

pub(crate) use receiver::{Received, Receiver, Reply};

/// A service whose webhooks may go to receivers on this machine.
pub(crate) async fn start() -> Client {
    Client::start_with(&["--allow-loopback-webhooks"], Arc::new(())).await
}

/// An account whose webhooks go to a receiver, and which has been told so.
pub(crate) async fn hooked(client: &Client, name: &str, receiver: &Receiver) -> (String, Client) {
    let (id, admin) = client.tenant(name).await;
    point(&admin, &receiver.uri()).await;
    receiver.take();
    (id, admin)
}

/// Lets an account's webhooks go there.
pub(crate) async fn point(admin: &Client, uri: &str) {
    admin.put("/v1.0/customer", json!({ "webhook_uri": uri })).await.ok();
    admin.idle().await;
}

/// A program of the account's, whose credential outlives every clock of these tests.
pub(crate) async fn program(admin: &Client) -> Client {
    let made = admin.post("/v1.0/accesskeys", json!({})).await.ok();
    admin.with_token(made["token"].as_str().unwrap())
}

/// Everything that was published of an account, in the order in which it was.
pub(crate) async fn events(client: &Client, customer: &str) -> Vec<Value> {
    client.idle().await;
    let events = client.get("/_local/events").await.ok();
    let told = events["result"].as_array().unwrap().iter().rev().map(|entry| entry["detail"].clone());
    told.filter(|event| event["customer_id"] == customer).collect()
}

/// The types of events.
pub(crate) fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// The deliveries that an account is shown, newest first.
pub(crate) async fn deliveries(admin: &Client) -> Vec<Value> {
    admin.idle().await;
    admin.get("/v1.0/customer/webhook/deliveries").await.ok()["result"].as_array().unwrap().clone()
}

/// The delivery with this id.
pub(crate) async fn delivery(admin: &Client, id: &Value) -> Value {
    deliveries(admin).await.into_iter().find(|delivery| delivery["id"] == *id).expect("it is listed")
}

/// Asks for a webhook that says nothing; answers the id of its delivery.
pub(crate) async fn test(admin: &Client) -> Value {
    admin.post("/v1.0/customer/webhook/test", json!({})).await.ok()["id"].clone()
}

/// The microseconds of a time in an answer.
#[track_caller]
pub(crate) fn micros(time: &Value) -> i64 {
    Timestamp::parse(time.as_str().expect("a time")).expect("RFC 3339").micros()
}
