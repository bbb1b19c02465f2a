//! When what failed is tried again.

use std::sync::Arc;

use custodian_engine::Fate;
use custodian_tests::{Client, Script};
use serde_json::{Value, json};

use crate::{Receiver, Reply, deliveries, delivery, hooked, micros, program, start, test};

/// The seconds between two attempts.
const DELAYS: [i64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
const WEEK: u64 = 7 * 86_400;

/// How long after an attempt the next one is planned, in microseconds.
fn wait(delivery: &Value) -> i64 {
    micros(&delivery["tm_next"]) - micros(&delivery["tm_update"])
}

/// At least these seconds, and at most a tenth more.
#[track_caller]
fn assert_about(wait: i64, seconds: i64) {
    assert!((seconds * 1_000_000..=seconds * 1_100_000).contains(&wait), "{wait} us for {seconds} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_attempts_are_made_each_after_its_delay_and_then_it_has_failed() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    let ann = program(&ann).await;
    client.idle().await;
    receiver.take();
    receiver.usually(Reply::Status(500));
    let id = test(&ann).await;
    let mut ids = Vec::new();
    for (number, delay) in (1..).zip(DELAYS) {
        let shown = delivery(&ann, &id).await;
        assert_eq!((&shown["attempts"], &shown["status"]), (&json!(number), &json!("pending")));
        assert_eq!((&shown["status_code"], &shown["error"]), (&json!(500), &json!("failed")));
        assert!(shown["latency_ms"].is_u64());
        assert_about(wait(&shown), delay);
        let made = receiver.take();
        assert_eq!(made.len(), 1, "attempt {number}");
        ids.push(made[0].header("webhook-id").unwrap().to_owned());
        client.advance(u64::try_from(delay + delay / 10 + 1).unwrap()).await;
        let next = micros(&delivery(&ann, &id).await["tm_update"]);
        assert!(next >= micros(&shown["tm_next"]), "no attempt before its time");
    }
    let shown = delivery(&ann, &id).await;
    assert_eq!((&shown["attempts"], &shown["status"]), (&json!(10), &json!("failed")));
    assert_eq!(shown["tm_next"], Value::Null);
    ids.push(receiver.take()[0].header("webhook-id").unwrap().to_owned());
    assert!(ids.iter().all(|one| *one == ids[0]), "one id for all attempts");
    client.advance(WEEK).await;
    assert!(receiver.take().is_empty(), "it is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_success_ends_it_and_each_attempt_says_when_it_was_made() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    receiver.next(&[Reply::Status(503), Reply::Status(404), Reply::Status(204)]);
    let id = test(&ann).await;
    client.idle().await;
    client.advance(3600).await;
    let shown = delivery(&ann, &id).await;
    assert_eq!((&shown["attempts"], &shown["status"]), (&json!(3), &json!("succeeded")));
    assert_eq!((&shown["status_code"], &shown["error"]), (&json!(204), &Value::Null));
    let made: Vec<_> = receiver.take().iter().map(super::Received::seconds).collect();
    assert_eq!(made.len(), 3);
    assert!((5..=7).contains(&(made[1] - made[0])) && (299..=332).contains(&(made[2] - made[1])), "{made:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_may_ask_for_more_time_and_not_for_less() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    for (status, asked, seconds) in
        [(503, "120", 120), (429, "1", 5), (500, "soon", 5), (503, "0", 5), (429, "604800", 604_800)]
    {
        receiver.next(&[Reply::With(status, "retry-after", asked)]);
        let id = test(&ann).await;
        assert_about(wait(&delivery(&ann, &id).await), seconds);
    }
    receiver.next(&[Reply::With(503, "retry-after", "604801")]);
    let id = test(&ann).await;
    let shown = delivery(&ann, &id).await;
    assert_eq!(
        (&shown["status"], &shown["tm_next"]),
        (&json!("failed"), &Value::Null),
        "it asks for too much"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_receiver_asks_for_is_counted_from_its_answer_however_long_that_takes() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    receiver.next(&[Reply::After(6, 503, "retry-after", "5")]);
    let id = test(&ann).await;
    let shown = delivery(&ann, &id).await;
    assert_about(wait(&shown), 5);
    assert!(micros(&shown["tm_update"]) - micros(&shown["tm_create"]) >= 6_000_000, "{shown}");
    client.advance(60).await;
    let made: Vec<_> = receiver.take().iter().map(super::Received::seconds).collect();
    assert_eq!(made.len(), 2);
    assert!(made[1] - made[0] >= 11, "6 s to answer, and 5 s as it asked: {made:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_fails_nine_times_gets_it_at_the_tenth() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    let ann = program(&ann).await;
    client.idle().await;
    receiver.take();
    receiver.next(&[Reply::Status(500); 9]);
    let id = test(&ann).await;
    client.advance(WEEK).await;
    let shown = delivery(&ann, &id).await;
    assert_eq!((&shown["attempts"], &shown["status"]), (&json!(10), &json!("succeeded")));
    assert_eq!((receiver.take().len(), &shown["tm_next"]), (10, &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_several_times_at_once_is_attempted_once() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    let id = test(&ann).await;
    client.idle().await;
    receiver.take();
    let path = format!("/v1.0/customer/webhook/deliveries/{}/redeliver", id.as_str().unwrap());
    let service = client.service().clone();
    let still = service.hold_still().await;
    for _ in 0..5 {
        ann.post(&path, json!({})).await.ok();
    }
    drop(still);
    let shown = delivery(&ann, &id).await;
    assert_eq!((receiver.take().len(), &shown["attempts"]), (1, &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_can_be_asked_for_again_however_it_stands() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "first" })).await.ok();
    client.idle().await;
    let first = receiver.take().remove(0);
    let shown = deliveries(&ann).await.remove(0);
    let path = format!("/v1.0/customer/webhook/deliveries/{}/redeliver", shown["id"].as_str().unwrap());
    ann.put(&format!("/v1.0/tags/{}", tag["id"].as_str().unwrap()), json!({ "name": "second" })).await.ok();
    client.idle().await;
    receiver.take();
    let asked = ann.post(&path, json!({})).await.ok();
    assert_eq!((&asked["id"], &asked["status"]), (&shown["id"], &json!("pending")));
    let again = delivery(&ann, &shown["id"]).await;
    assert_eq!((&again["status"], &again["attempts"]), (&json!("succeeded"), &json!(2)));
    let second = receiver.take().remove(0);
    assert_eq!(second.header("webhook-id"), first.header("webhook-id"));
    assert_eq!((second.kind(), &second.json()["version"]), (first.kind(), &json!(1)));
    assert_eq!(second.json()["data"]["name"], "second", "as it is now");

    receiver.next(&[Reply::Status(500)]);
    ann.post(&path, json!({})).await.ok();
    client.idle().await;
    client.advance(WEEK).await;
    let ann = client.login("ann", custodian_tests::PASSWORD).await;
    let again = delivery(&ann, &shown["id"]).await;
    assert_eq!(
        (&again["status"], &again["attempts"]),
        (&json!("succeeded"), &json!(4)),
        "it goes on from there"
    );
}

/// Loses what the database says to the next delivery that is recorded, and everything after it.
fn lose_records(script: &Script) {
    let mut lost = false;
    script.set(move |operation, body| {
        let is_record = operation == "TransactWriteItems" && body.to_string().contains("\"delivery#");
        match is_record {
            true if std::mem::replace(&mut lost, true) => Fate::Lose,
            true => Fate::LoseAnswer,
            false => Fate::Pass,
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_was_recorded_is_not_made_again_when_its_message_comes_twice() {
    let script = Arc::new(Script::default());
    let client = Client::start_with(&["--allow-loopback-webhooks"], Arc::clone(&script) as _).await;
    let receiver = Receiver::start().await;
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    for (replies, attempts) in
        [(&[Reply::Status(200)][..], 1), (&[Reply::Status(500), Reply::Status(200)], 2)]
    {
        receiver.next(replies);
        lose_records(&script);
        let id = test(&ann).await;
        client.idle().await;
        assert_eq!(receiver.take().len(), 1, "it was posted, and nobody heard that it was recorded");
        script.clear();
        client.advance(60).await;
        let shown = delivery(&ann, &id).await;
        assert_eq!((&shown["status"], &shown["attempts"]), (&json!("succeeded"), &json!(attempts)));
        assert_eq!(receiver.take().len(), attempts - 1, "only what was still to be done");
    }
}
