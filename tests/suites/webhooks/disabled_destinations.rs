//! The response 410 disables a destination, and a success enables it again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use custodian_engine::Fault;
use custodian_tests::{Client, ScriptedFaults};
use serde_json::{Value, json};

use crate::{
    Receiver, Reply, account_with_webhook, deliveries, delivery, send_test_webhook, set_webhook_uri, start,
};

const WEEK: u64 = 7 * 86_400;

async fn state(ann: &Client) -> Value {
    ann.get("/v1.0/customer/webhook").await.ok()["state"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn status_410_disables_a_destination_until_a_test_webhook_succeeds() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    receiver.queue_replies(&[Reply::Status(410)]);
    ann.post("/v1.0/tags", json!({ "name": "one" })).await.ok();
    let shown = deliveries(&ann).await.remove(0);
    assert_eq!((&shown["status"], &shown["error"]), (&json!("failed"), &json!("disabled")));
    assert_eq!((&shown["tm_next"], &state(&ann).await), (&Value::Null, &json!("disabled")));
    receiver.take();
    ann.post("/v1.0/tags", json!({ "name": "two" })).await.ok();
    client.advance(3600).await;
    assert!(receiver.take().is_empty(), "a disabled destination gets nothing");

    receiver.queue_replies(&[Reply::Status(410)]);
    send_test_webhook(&ann).await;
    client.idle().await;
    assert_eq!(
        (receiver.take().len(), state(&ann).await),
        (1, json!("disabled")),
        "a failed test leaves it disabled"
    );
    send_test_webhook(&ann).await;
    client.idle().await;
    assert_eq!((receiver.take().len(), state(&ann).await), (1, json!("active")));
    ann.post("/v1.0/tags", json!({ "name": "three" })).await.ok();
    client.idle().await;
    assert_eq!(receiver.take()[0].json()["data"]["name"], "three");
}

/// Loses the response to the transaction that records a delivery, and every later request except reads by key. The
/// result tells whether that transaction was sent.
fn crash_at_record(script: &ScriptedFaults) -> Arc<AtomicBool> {
    let crashed = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&crashed);
    script.set(move |operation, body| {
        let is_record = operation == "TransactWriteItems" && body.to_string().contains("\"delivery#");
        let has_crashed = state.load(Ordering::SeqCst);
        if is_record && !has_crashed {
            state.store(true, Ordering::SeqCst);
            return Fault::LoseResponse;
        }
        let is_read = operation == "BatchGetItem" || operation == "GetItem";
        if has_crashed && !is_read { Fault::LoseRequest } else { Fault::None }
    });
    crashed
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_410_disables_and_a_success_enables_even_if_the_worker_crashes_after_recording_it() {
    let script = Arc::new(ScriptedFaults::default());
    let client = Client::start_with(&["--allow-loopback-webhooks"], Arc::clone(&script) as _).await;
    let receiver = Receiver::start().await;
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    for (reply, expected) in [(410, "disabled"), (200, "active")] {
        receiver.queue_replies(&[Reply::Status(reply)]);
        let crashed = crash_at_record(&script);
        send_test_webhook(&ann).await;
        client.idle().await;
        assert!(crashed.load(Ordering::SeqCst), "the worker recorded no delivery");
        script.clear();
        client.advance(60).await;
        assert_eq!((receiver.take().len(), state(&ann).await), (1, json!(expected)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_delivery_fails_if_its_destination_is_disabled_or_removed_by_then() {
    for clear in [false, true] {
        let (client, receiver) = (start().await, Receiver::start().await);
        let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
        let ann = ann.with_access_key().await;
        client.idle().await;
        receiver.take();
        receiver.queue_replies(&[Reply::Status(500), Reply::Status(410)]);
        let id = create_tag(&ann, "one").await;
        let reason = if clear {
            set_webhook_uri(&ann, "").await;
            "no_destination"
        } else {
            create_tag(&ann, "two").await;
            "disabled"
        };
        client.advance(WEEK).await;
        let shown = delivery(&ann, &id).await;
        assert_eq!((&shown["status"], &shown["error"]), (&json!("failed"), &json!(reason)));
        assert_eq!((&shown["attempts"], &shown["tm_next"]), (&json!(1), &Value::Null));

        // The delivery stays failed, even if a new destination is set.
        set_webhook_uri(&ann, &receiver.uri_with_path("/other")).await;
        receiver.take();
        client.advance(WEEK).await;
        assert!(receiver.take().is_empty());
        assert_eq!(delivery(&ann, &id).await["status"], "failed");
    }
}

/// Creates a tag. Returns the id of its delivery.
async fn create_tag(ann: &Client, name: &str) -> Value {
    ann.post("/v1.0/tags", json!({ "name": name })).await.ok();
    deliveries(ann).await.remove(0)["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requested_redelivery_to_a_disabled_destination_is_sent_and_enables_it() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    receiver.queue_replies(&[Reply::Status(410)]);
    let id = create_tag(&ann, "one").await;
    create_tag(&ann, "missed").await;
    assert_eq!((receiver.take().len(), state(&ann).await), (1, json!("disabled")));
    let path = format!("/v1.0/customer/webhook/deliveries/{}/redeliver", id.as_str().unwrap());
    ann.post(&path, json!({})).await.ok();
    let shown = delivery(&ann, &id).await;
    assert_eq!((&shown["status"], &shown["attempts"]), (&json!("succeeded"), &json!(2)));
    assert_eq!((receiver.take().len(), state(&ann).await), (1, json!("active")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_destination_is_enabled_even_if_the_previous_one_was_disabled() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    receiver.queue_replies(&[Reply::Status(410)]);
    send_test_webhook(&ann).await;
    client.idle().await;
    assert_eq!(state(&ann).await, "disabled");
    receiver.take();
    set_webhook_uri(&ann, &receiver.uri_with_path("/other")).await;
    assert_eq!(state(&ann).await, "active");
    let received = receiver.take();
    assert_eq!((received.len(), &*received[0].path), (1, "/other"));
}
