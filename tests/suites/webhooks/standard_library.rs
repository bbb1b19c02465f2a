//! Webhooks verified with the published Standard Webhooks library, which shares only libraries with this project.

use reqwest::header::HeaderValue;
use serde_json::json;
use standardwebhooks::Webhook;

use crate::{Received, Receiver, Reply, account_with_webhook, send_test_webhook, start};

fn accepts(library: &Webhook, webhook: &Received) -> bool {
    library.verify(webhook.body.as_bytes(), &webhook.headers).is_ok()
}

/// Copies of a webhook, each with one altered byte in its body or in one of its three headers.
fn alterations(webhook: &Received) -> Vec<Received> {
    let mut altered = Vec::new();
    for at in 0..webhook.body.len() {
        let mut bytes = webhook.body.clone().into_bytes();
        bytes[at] ^= 1;
        if let Ok(body) = String::from_utf8(bytes) {
            altered.push(Received { body, ..webhook.clone() });
        }
    }
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let value = webhook.header(name).unwrap();
        for at in 0..value.len() {
            let mut bytes = value.as_bytes().to_vec();
            bytes[at] ^= 1;
            let Ok(value) = HeaderValue::from_bytes(&bytes) else { continue };
            let mut other = webhook.clone();
            other.headers.insert(name, value);
            altered.push(other);
        }
    }
    altered
}

#[tokio::test(flavor = "multi_thread")]
async fn the_standard_library_accepts_every_delivery_and_none_with_an_altered_byte() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let rotate = async || {
        let response = ann.post("/v1.0/customer/webhook/rotate", json!({})).await.ok();
        response["secret"].as_str().unwrap().to_owned()
    };
    let libraries = [rotate().await, rotate().await].map(|secret| Webhook::new(&secret).unwrap());
    for method in ["GET", "PUT", "DELETE", "POST"] {
        ann.put("/v1.0/customer", json!({ "webhook_method": method, "name": "Acme ✓" })).await.ok();
    }
    let tag = ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();
    let tag = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());
    ann.put(&tag, json!({ "name": "very important" })).await.ok();
    ann.delete(&tag).await.ok();
    client.idle().await;
    receiver.queue_replies(&[Reply::Status(500)]);
    send_test_webhook(&ann).await;
    client.idle().await;
    client.advance(10).await;
    let platform_admin = client.platform_admin().await;
    platform_admin.post(&format!("/v1.0/customers/{id}/freeze"), json!({})).await.ok();
    // After its deletion, an account gets the deletion notice only, so the other webhooks are delivered first.
    client.idle().await;
    platform_admin.delete(&format!("/v1.0/customers/{id}")).await.ok();
    client.published_events(&id).await;

    let received = receiver.take();
    let mut types: Vec<_> = received.iter().map(Received::event_type).collect();
    types.sort_unstable();
    let expected = [&["customer_deleted", "customer_frozen"][..], &["customer_updated"; 4]].concat();
    let expected =
        [&expected[..], &["tag_created", "tag_deleted", "tag_updated"], &["webhook_test"; 2]].concat();
    assert_eq!(types, expected);
    for webhook in &received {
        // Several secrets sign, so altering one signature leaves the others valid. So the test keeps only one.
        let signatures: Vec<_> = webhook.header("webhook-signature").unwrap().split(' ').collect();
        assert_eq!(signatures.len(), 2, "the first secret and the one that replaced it");
        for library in &libraries {
            assert!(accepts(library, webhook), "{}", webhook.event_type());
            let valid = signatures.iter().find_map(|one| {
                let mut alone = webhook.clone();
                alone.headers.insert("webhook-signature", HeaderValue::from_str(one).unwrap());
                accepts(library, &alone).then_some(alone)
            });
            let accepted: Vec<_> = alterations(&valid.expect("one signature matches the secret"))
                .into_iter()
                .filter(|one| accepts(library, one))
                .collect();
            assert!(accepted.is_empty(), "{:?}", accepted[0].headers);
        }
    }
}
