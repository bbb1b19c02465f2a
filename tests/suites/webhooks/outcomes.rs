//! The effect of a receiver's response, or of a missing response, on the delivery.

use custodian_tests::micros;
use serde_json::{Value, json};

use crate::{
    Receiver, Reply, account_with_webhook, deliveries, delivery, send_test_webhook, set_webhook_uri, start,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_2xx_status_succeeds_and_any_other_status_but_410_is_retried() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    for (codes, expected) in [
        (&[200_u16, 201, 202, 204, 299][..], "succeeded"),
        (&[300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 409, 429, 500, 502, 503, 599], "pending"),
    ] {
        for code in codes {
            receiver.queue_replies(&[Reply::Status(*code)]);
            let id = send_test_webhook(&ann).await;
            let shown = delivery(&ann, &id).await;
            assert_eq!((&shown["status"], &shown["status_code"]), (&json!(expected), &json!(code)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirection_is_not_followed() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let elsewhere = Receiver::start().await;
    let location: &'static str = elsewhere.uri().leak();
    for (code, location) in [
        (301, location),
        (302, location),
        (303, location),
        (307, location),
        (308, location),
        (302, "http://169.254.169.254/"),
    ] {
        receiver.queue_replies(&[Reply::With(code, "location", location)]);
        let id = send_test_webhook(&ann).await;
        let shown = delivery(&ann, &id).await;
        assert_eq!((&shown["status"], &shown["status_code"]), (&json!("pending"), &json!(code)));
    }
    assert_eq!((elsewhere.take().len(), receiver.take().len()), (0, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_destination_is_retried() {
    let client = start().await;
    let (_, ann) = client.tenant("ann").await;
    // No process listens on port 1.
    set_webhook_uri(&ann, "http://127.0.0.1:1/hook").await;
    let shown = deliveries(&ann).await.remove(0);
    assert_eq!((&shown["status"], &shown["error"]), (&json!("pending"), &json!("connection_refused")));
    assert_eq!((&shown["status_code"], &shown["type"]), (&Value::Null, &json!("customer_updated")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_goes_to_the_current_destination() {
    let (client, old, new) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &old).await;
    old.set_default_reply(Reply::Status(500));
    let id = send_test_webhook(&ann).await;
    client.idle().await;
    old.take();
    set_webhook_uri(&ann, &new.uri()).await;
    client.advance(60).await;
    assert!(old.take().is_empty(), "the old destination gets nothing more");
    assert_eq!(delivery(&ann, &id).await["status"], "succeeded");
    let types: Vec<_> = new.take().iter().map(super::Received::event_type).collect();
    assert_eq!(types, ["customer_updated", "webhook_test"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_never_responds_delays_no_other_account() {
    let (client, hanging, prompt) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &hanging).await;
    let (_, bob) = account_with_webhook(&client, "bob", &prompt).await;
    hanging.set_default_reply(Reply::Never);
    for number in 0..20 {
        ann.post("/v1.0/tags", json!({ "name": format!("tag {number}") })).await.ok();
    }
    hanging.wait_for(20).await;
    bob.post("/v1.0/tags", json!({ "name": "bob's" })).await.ok();
    prompt.wait_for(1).await;
    assert_eq!(prompt.take()[0].json()["data"]["name"], "bob's");
    let shown = bob.get("/v1.0/customer/webhook").await.ok();
    assert_eq!(shown["state"], "active", "the API works meanwhile");
    hanging.release();
    let listed = deliveries(&ann).await;
    let tags = listed.iter().filter(|delivery| delivery["type"] == "tag_created");
    assert_eq!(tags.filter(|delivery| delivery["status"] == "succeeded").count(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_times_out_after_15_seconds_and_then_shares_the_slow_queue() {
    let (client, hanging, prompt) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &hanging).await;
    let (_, bob) = account_with_webhook(&client, "bob", &prompt).await;
    hanging.queue_replies(&[Reply::Never]);
    let id = send_test_webhook(&ann).await;
    let shown = delivery(&ann, &id).await;
    assert_eq!((&shown["status"], &shown["error"]), (&json!("pending"), &json!("timed_out")));
    let latency = shown["latency_ms"].as_u64().unwrap();
    assert!((15_000..16_000).contains(&latency), "{latency} ms");
    let wait = micros(&shown["tm_next"]) - micros(&shown["tm_create"]);
    assert!(wait >= 20_000_000, "15 s and then 5 s: {wait} us");
    hanging.take();

    hanging.set_default_reply(Reply::Never);
    for number in 0..8 {
        ann.post("/v1.0/tags", json!({ "name": format!("tag {number}") })).await.ok();
    }
    hanging.wait_for(5).await;
    bob.post("/v1.0/tags", json!({ "name": "bob's" })).await.ok();
    prompt.wait_for(1).await;
    assert_eq!(hanging.take().len(), 5, "at most five attempts wait for it at once");
    hanging.set_default_reply(Reply::Status(200));
    hanging.release();
    let listed = deliveries(&ann).await;
    let tags = listed.iter().filter(|delivery| delivery["type"] == "tag_created");
    assert_eq!(tags.filter(|delivery| delivery["status"] == "succeeded").count(), 8);
}
