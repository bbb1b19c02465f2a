//! The retry schedule of failed deliveries.

use std::sync::Arc;

use custodian_engine::Fault;
use custodian_tests::{Client, ScriptedFaults, micros};
use serde_json::{Value, json};

use crate::{Receiver, Reply, account_with_webhook, deliveries, delivery, send_test_webhook, start};

/// The seconds between two attempts.
const DELAYS: [i64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
const WEEK: u64 = 7 * 86_400;

/// The microseconds between an attempt and the next one.
fn wait(delivery: &Value) -> i64 {
    micros(&delivery["tm_next"]) - micros(&delivery["tm_update"])
}

/// Asserts that a wait is at least this many seconds, and at most 10% longer.
#[track_caller]
fn assert_about(wait: i64, seconds: i64) {
    assert!((seconds * 1_000_000..=seconds * 1_100_000).contains(&wait), "{wait} us for {seconds} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_fails_after_ten_attempts_each_after_its_delay() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let ann = ann.with_access_key().await;
    client.idle().await;
    receiver.take();
    receiver.set_default_reply(Reply::Status(500));
    let id = send_test_webhook(&ann).await;
    let mut ids = Vec::new();
    for (number, delay) in (1..).zip(DELAYS) {
        let shown = delivery(&ann, &id).await;
        assert_eq!((&shown["attempts"], &shown["status"]), (&json!(number), &json!("pending")));
        assert_eq!((&shown["status_code"], &shown["error"]), (&json!(500), &json!("http_status")));
        assert!(shown["latency_ms"].is_u64());
        assert_about(wait(&shown), delay);
        let received = receiver.take();
        assert_eq!(received.len(), 1, "attempt {number}");
        ids.push(received[0].header("webhook-id").unwrap().to_owned());
        client.advance(u64::try_from(delay + delay / 10 + 1).unwrap()).await;
        let next = micros(&delivery(&ann, &id).await["tm_update"]);
        assert!(next >= micros(&shown["tm_next"]), "no attempt is early");
    }
    let shown = delivery(&ann, &id).await;
    assert_eq!((&shown["attempts"], &shown["status"]), (&json!(10), &json!("failed")));
    assert_eq!(shown["tm_next"], Value::Null);
    ids.push(receiver.take()[0].header("webhook-id").unwrap().to_owned());
    assert!(ids.iter().all(|one| *one == ids[0]), "one id for all attempts");
    client.advance(WEEK).await;
    assert!(receiver.take().is_empty(), "no attempt after the last one");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_success_ends_the_attempts_and_each_attempt_has_its_own_timestamp() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    receiver.queue_replies(&[Reply::Status(503), Reply::Status(404), Reply::Status(204)]);
    let id = send_test_webhook(&ann).await;
    client.idle().await;
    client.advance(3600).await;
    let shown = delivery(&ann, &id).await;
    assert_eq!((&shown["attempts"], &shown["status"]), (&json!(3), &json!("succeeded")));
    assert_eq!((&shown["status_code"], &shown["error"]), (&json!(204), &Value::Null));
    let received: Vec<_> = receiver.take().iter().map(super::Received::seconds).collect();
    assert_eq!(received.len(), 3);
    assert!(
        (5..=7).contains(&(received[1] - received[0])) && (299..=332).contains(&(received[2] - received[1])),
        "{received:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_delays_the_next_attempt_and_never_makes_it_earlier() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    for (status, requested, seconds) in
        [(503, "120", 120), (429, "1", 5), (500, "soon", 5), (503, "0", 5), (429, "604800", 604_800)]
    {
        receiver.queue_replies(&[Reply::With(status, "retry-after", requested)]);
        let id = send_test_webhook(&ann).await;
        assert_about(wait(&delivery(&ann, &id).await), seconds);
    }
    receiver.queue_replies(&[Reply::With(503, "retry-after", "604801")]);
    let id = send_test_webhook(&ann).await;
    let shown = delivery(&ann, &id).await;
    assert_eq!(
        (&shown["status"], &shown["tm_next"]),
        (&json!("failed"), &Value::Null),
        "a Retry-After beyond the limit ends the attempts"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_counts_from_the_response_even_if_that_is_slow() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    receiver.queue_replies(&[Reply::After(6, 503, "retry-after", "5")]);
    let id = send_test_webhook(&ann).await;
    let shown = delivery(&ann, &id).await;
    assert_about(wait(&shown), 5);
    assert!(micros(&shown["tm_update"]) - micros(&shown["tm_create"]) >= 6_000_000, "{shown}");
    client.advance(60).await;
    let received: Vec<_> = receiver.take().iter().map(super::Received::seconds).collect();
    assert_eq!(received.len(), 2);
    assert!(received[1] - received[0] >= 11, "6 s to respond, and 5 s of Retry-After: {received:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_fails_nine_times_gets_the_tenth_attempt() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let ann = ann.with_access_key().await;
    client.idle().await;
    receiver.take();
    receiver.queue_replies(&[Reply::Status(500); 9]);
    let id = send_test_webhook(&ann).await;
    client.advance(WEEK).await;
    let shown = delivery(&ann, &id).await;
    assert_eq!((&shown["attempts"], &shown["status"]), (&json!(10), &json!("succeeded")));
    assert_eq!((receiver.take().len(), &shown["tm_next"]), (10, &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_requests_to_redeliver_before_the_attempt_make_one_attempt() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let id = send_test_webhook(&ann).await;
    client.idle().await;
    receiver.take();
    let path = format!("/v1.0/customer/webhook/deliveries/{}/redeliver", id.as_str().unwrap());
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    for _ in 0..5 {
        ann.post(&path, json!({})).await.ok();
    }
    drop(paused);
    let shown = delivery(&ann, &id).await;
    assert_eq!((receiver.take().len(), &shown["attempts"]), (1, &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_succeeded_can_be_requested_again_and_again() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "first" })).await.ok();
    client.idle().await;
    let first = receiver.take().remove(0);
    let shown = deliveries(&ann).await.remove(0);
    let path = format!("/v1.0/customer/webhook/deliveries/{}/redeliver", shown["id"].as_str().unwrap());
    ann.put(&format!("/v1.0/tags/{}", tag["id"].as_str().unwrap()), json!({ "name": "second" })).await.ok();
    client.idle().await;
    receiver.take();
    let requested = ann.post(&path, json!({})).await.ok();
    assert_eq!((&requested["id"], &requested["status"]), (&shown["id"], &json!("pending")));
    let again = delivery(&ann, &shown["id"]).await;
    assert_eq!((&again["status"], &again["attempts"]), (&json!("succeeded"), &json!(2)));
    let second = receiver.take().remove(0);
    assert_eq!(second.header("webhook-id"), first.header("webhook-id"));
    assert_eq!((second.event_type(), &second.json()["version"]), (first.event_type(), &json!(1)));
    assert_eq!(second.json()["data"]["name"], "second", "the payload is current");

    receiver.queue_replies(&[Reply::Status(500)]);
    ann.post(&path, json!({})).await.ok();
    client.idle().await;
    client.advance(WEEK).await;
    let ann = client.login("ann", custodian_tests::PASSWORD).await;
    let again = delivery(&ann, &shown["id"]).await;
    assert_eq!(
        (&again["status"], &again["attempts"]),
        (&json!("succeeded"), &json!(4)),
        "the number of attempts continues from there"
    );
}

/// Loses the response to the next transaction that records a delivery, and every later such transaction.
fn lose_records(script: &ScriptedFaults) {
    let mut lost = false;
    script.set(move |operation, body| {
        let is_record = operation == "TransactWriteItems" && body.to_string().contains("\"delivery#");
        match is_record {
            true if std::mem::replace(&mut lost, true) => Fault::LoseRequest,
            true => Fault::LoseResponse,
            false => Fault::None,
        }
    });
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_attempt_is_not_made_again_when_its_message_is_redelivered() {
    let script = Arc::new(ScriptedFaults::default());
    let client = Client::start_with(&["--allow-loopback-webhooks"], Arc::clone(&script) as _).await;
    let receiver = Receiver::start().await;
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    for (replies, attempts) in
        [(&[Reply::Status(200)][..], 1), (&[Reply::Status(500), Reply::Status(200)], 2)]
    {
        receiver.queue_replies(replies);
        lose_records(&script);
        let id = send_test_webhook(&ann).await;
        client.idle().await;
        assert_eq!(receiver.take().len(), 1, "the attempt was sent, and the response to its record was lost");
        script.clear();
        client.advance(60).await;
        let shown = delivery(&ann, &id).await;
        assert_eq!((&shown["status"], &shown["attempts"]), (&json!("succeeded"), &json!(attempts)));
        assert_eq!(receiver.take().len(), attempts - 1, "only the pending attempt is made");
    }
}
