//! Webhooks as a customer receives them who verifies with the published library of Standard Webhooks, which knows nothing of
//! this project.

use reqwest::header::HeaderValue;
use serde_json::json;
use standardwebhooks::Webhook;

use crate::{Received, Receiver, Reply, events, hooked, start, test};

fn accepts(library: &Webhook, received: &Received) -> bool {
    library.verify(received.body.as_bytes(), &received.headers).is_ok()
}

/// Every way in which one of these webhooks may be altered on its way.
fn altered(received: &Received) -> Vec<Received> {
    let mut all = Vec::new();
    for at in 0..received.body.len() {
        let mut bytes = received.body.clone().into_bytes();
        bytes[at] ^= 1;
        if let Ok(body) = String::from_utf8(bytes) {
            all.push(Received { body, ..received.clone() });
        }
    }
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let value = received.header(name).unwrap();
        for at in 0..value.len() {
            let mut bytes = value.as_bytes().to_vec();
            bytes[at] ^= 1;
            let Ok(value) = HeaderValue::from_bytes(&bytes) else { continue };
            let mut other = received.clone();
            other.headers.insert(name, value);
            all.push(other);
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_library_accepts_every_delivery_to_the_last_and_none_with_one_altered_byte() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = hooked(&client, "ann", &receiver).await;
    let rotate = async || {
        let answer = ann.post("/v1.0/customer/webhook/rotate", json!({})).await.ok();
        answer["secret"].as_str().unwrap().to_owned()
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
    receiver.next(&[Reply::Status(500)]);
    test(&ann).await;
    client.idle().await;
    client.advance(10).await;
    let operator = client.operator().await;
    operator.post(&format!("/v1.0/customers/{id}/freeze"), json!({})).await.ok();
    // Of an account that is gone by then only its end is told.
    client.idle().await;
    operator.delete(&format!("/v1.0/customers/{id}")).await.ok();
    events(&client, &id).await;

    let told = receiver.take();
    let mut kinds: Vec<_> = told.iter().map(Received::kind).collect();
    kinds.sort_unstable();
    let expected = [&["customer_deleted", "customer_frozen"][..], &["customer_updated"; 4]].concat();
    let expected =
        [&expected[..], &["tag_created", "tag_deleted", "tag_updated"], &["webhook_test"; 2]].concat();
    assert_eq!(kinds, expected);
    for received in &told {
        // Both secrets sign, so that an altered letter of one signature leaves the other good: they are altered apart.
        let signatures: Vec<_> = received.header("webhook-signature").unwrap().split(' ').collect();
        assert_eq!(
            signatures.len(),
            3,
            "two that were shown, and the one that was made for the first delivery"
        );
        for library in &libraries {
            assert!(accepts(library, received), "{}", received.kind());
            let own = signatures.iter().find_map(|one| {
                let mut alone = received.clone();
                alone.headers.insert("webhook-signature", HeaderValue::from_str(one).unwrap());
                accepts(library, &alone).then_some(alone)
            });
            let wrong: Vec<_> =
                altered(&own.expect("one of them")).into_iter().filter(|one| accepts(library, one)).collect();
            assert!(wrong.is_empty(), "{:?}", wrong[0].headers);
        }
    }
}
