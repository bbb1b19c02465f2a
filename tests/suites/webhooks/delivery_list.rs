//! The list of an account's deliveries: its own, newest first, for thirty days.

use custodian_tests::{Client, Tables};
use serde_json::{Value, json};

use crate::api::{WEBHOOK, redeliver};
use crate::{Receiver, account_with_webhook, deliveries, send_test_webhook, start};

/// Invariant I9: the tenant comes from the caller.
#[tokio::test(flavor = "multi_thread")]
async fn deliveries_of_another_account_are_not_found() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let (_, bob) = account_with_webhook(&client, "bob", &receiver).await;
    let (ann_delivery, bob_delivery) = (send_test_webhook(&ann).await, send_test_webhook(&bob).await);
    client.idle().await;
    receiver.take();
    let ids = |rows: Vec<Value>| rows.into_iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
    let (of_ann, of_bob) = (ids(deliveries(&ann).await), ids(deliveries(&bob).await));
    assert!(of_ann.contains(&ann_delivery) && of_bob.contains(&bob_delivery));
    assert!(!of_ann.iter().any(|id| of_bob.contains(id)));
    let refused = bob.post(&redeliver(&ann_delivery), json!({})).await;
    assert_eq!(refused.refusal(), (404, "DELIVERY_NOT_FOUND".into()));
    client.idle().await;
    assert!(receiver.take().is_empty());
}

/// Creates this many tags, each of which sends a webhook.
async fn create_tags(ann: &Client, count: usize) {
    for number in 0..count {
        ann.post("/v1.0/tags", json!({ "name": format!("tag {number}") })).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_paginated_newest_first_and_deleted_with_the_account() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = account_with_webhook(&client, "ann", &receiver).await;
    create_tags(&ann, 70).await;
    let mut sent = Vec::new();
    for _ in 0..33 {
        sent.push(send_test_webhook(&ann).await);
    }
    let shown = deliveries(&ann).await;
    let ids: Vec<_> = shown.iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids[..33], sent.iter().rev().cloned().collect::<Vec<_>>());
    let types: Vec<_> = shown[33..].iter().map(|row| row["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["tag_created"; 67]);
    let path = format!("{WEBHOOK}/deliveries");
    let paged: Vec<_> = ann.pages(&path, 40).await.iter().map(|page| page.rows().len()).collect();
    assert_eq!(paged, [40, 40, 24], "including the delivery about the destination");
    for wrong in ["page_size=many", "page_token=nothing"] {
        let refused = ann.get(&format!("{path}?{wrong}")).await.refusal();
        assert_eq!(refused, (400, "INVALID_REQUEST_PARAMETER".into()), "{wrong}");
    }
    let tables = Tables(client.engine().clone());
    assert_eq!(
        tables.query("webhooks", "customer_id", &id).len(),
        105,
        "103 deliveries, the one about the destination, and the secret"
    );
    client.platform_admin().await.delete(&format!("/v1.0/customers/{id}")).await.ok();
    let erased = client.published_events(&id).await.pop().unwrap();
    assert_eq!((&erased["type"], &erased["removed"]["webhooks"]), (&json!("customer_erased"), &json!(105)));
    assert!(tables.query("webhooks", "customer_id", &id).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_expires_after_thirty_days_even_if_its_row_is_still_there() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let ann = ann.with_access_key().await;
    let old = send_test_webhook(&ann).await;
    // More than one page of expired deliveries.
    create_tags(&ann, 130).await;
    client.advance(30 * 86_400 - 60).await;
    assert_eq!(deliveries(&ann).await.len(), 100);
    client.advance(3600).await;
    let new = send_test_webhook(&ann).await;
    receiver.take();
    let shown: Vec<_> = deliveries(&ann).await.into_iter().map(|row| row["id"].clone()).collect();
    assert_eq!(shown, [new]);
    let rows = Tables(client.engine().clone()).query("webhooks", "customer_id", &id);
    assert!(rows.len() > 130, "the expired rows are still there");
    assert_eq!(ann.post(&redeliver(&old), json!({})).await.refusal(), (404, "DELIVERY_NOT_FOUND".into()));
}
