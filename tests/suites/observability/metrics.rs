//! The metrics that requests and background work record.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::any;
use custodian_tests::{Client, PASSWORD};
use serde_json::json;
use tokio::net::TcpListener;

/// The sums of these metrics, in order.
fn sums<const N: usize>(client: &Client, names: [&str; N]) -> [u64; N] {
    names.map(|name| client.service().metrics().of(name).sum)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_status_change_of_an_account_is_counted_once() {
    let client = Client::start().await;
    client.idle().await;
    assert_eq!(sums(&client, ["CustomersCreated"]), [1], "the platform's own account");

    // One account is frozen, recovered, frozen again and purged. One is deleted at once. One is never verified.
    let (_, ann) = client.tenant("counts-ann").await;
    ann.post("/v1.0/tags", json!({ "name": "vip" })).await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let ann = client.login("counts-ann", PASSWORD).await;
    ann.delete("/auth/unregister").await.ok();
    let ann = client.login("counts-ann", PASSWORD).await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let (_, bob) = client.tenant("counts-bob").await;
    let body = json!({ "password": PASSWORD, "immediate": true, "confirmation_phrase": "DELETE" });
    bob.post("/auth/unregister", body).await.ok();
    client.open_account("counts-eve").await;
    client.advance(31 * 86_400).await;
    client.advance(900).await;

    let names = ["CustomersCreated", "CustomersVerified", "CustomersFrozen", "CustomersRecovered"];
    assert_eq!(sums(&client, names), [4, 2, 2, 1]);
    assert_eq!(sums(&client, ["CustomersPurged", "CustomersDeleted", "CustomersExpired"]), [1, 1, 1]);
    assert_eq!(sums(&client, ["CustomersErased", "RowsFoundAfterDeletion"]), [3, 0]);
    let platform_admin = client.platform_admin().await;
    let events = platform_admin.get("/_local/events").await.ok();
    let removed = events["result"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| entry["detail"]["removed"].as_object());
    let removed: u64 = removed.flat_map(|tables| tables.values()).filter_map(serde_json::Value::as_u64).sum();
    assert_eq!(sums(&client, ["RowsErased"]), [removed], "the sum of all ledgers");
    assert_eq!(client.service().metrics().of("UnfinishedDeletions").last, 0);
    assert_eq!(client.service().metrics().of("OldestUnfinishedDeletion").last, 0);
    assert_eq!(client.service().metrics().of("OldestUnconfirmedDeletion").last, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_and_throttled_logins_are_counted_separately() {
    let client = Client::start().await;
    client.open_account("counts-zoe").await;
    for _ in 0..12 {
        client.post("/auth/login", json!({ "username": "counts-zoe", "password": "a wrong one" })).await;
    }
    assert_eq!(sums(&client, ["LoginsRefused", "RequestsThrottled"]), [10, 2]);
}

/// Starts a receiver that responds with the status in the path. Returns its address.
async fn receiver() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let response = async |Path(status): Path<u16>| StatusCode::from_u16(status).unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/{status}", any(response))).await });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn webhook_attempts_are_counted_by_their_outcome() {
    let client = Client::start_with(&["--allow-loopback-webhooks"], Arc::new(())).await;
    let base = receiver().await;
    let (_, ann) = client.tenant("counts-hook").await;
    let names = ["WebhooksDelivered", "WebhooksFailed", "WebhooksDisabled", "WebhooksExhausted"];
    for (status, expected) in [(204, [1, 0, 0, 0]), (500, [1, 1, 0, 0]), (410, [1, 1, 1, 1])] {
        // The change of the destination itself sends the first webhook to it.
        ann.put("/v1.0/customer", json!({ "webhook_uri": format!("{base}/{status}") })).await.ok();
        client.idle().await;
        assert_eq!(sums(&client, names), expected, "after {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_to_a_name_without_a_public_address_is_counted_as_failed() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("counts-failed").await;
    ann.put("/v1.0/customer", json!({ "webhook_uri": "http://localhost:8080/hook" })).await.ok();
    client.idle().await;
    assert_eq!(sums(&client, ["WebhooksRefused", "WebhooksFailed", "WebhooksDelivered"]), [0, 1, 0]);
}
