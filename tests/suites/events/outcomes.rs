//! What an answer means, and what none does: a receiver that takes its time is nobody else's trouble.

use std::sync::Arc;

use custodian_engine::Fate;
use custodian_tests::{Client, Script};
use serde_json::{Value, json};

use crate::{Receiver, Reply, deliveries, delivery, hooked, micros, point, program, start, test};

const WEEK: u64 = 7 * 86_400;

async fn state(ann: &Client) -> Value {
    ann.get("/v1.0/customer/webhook").await.ok()["state"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundreds_succeed_and_everything_else_is_tried_again() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    for (codes, expected) in [
        (&[200_u16, 201, 202, 204, 299][..], "succeeded"),
        (&[300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 409, 429, 500, 502, 503, 599], "pending"),
    ] {
        for code in codes {
            receiver.next(&[Reply::Status(*code)]);
            let id = test(&ann).await;
            let shown = delivery(&ann, &id).await;
            assert_eq!((&shown["status"], &shown["status_code"]), (&json!(expected), &json!(code)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirection_is_not_followed() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    let elsewhere = Receiver::start().await;
    let to: &'static str = elsewhere.uri().leak();
    for (code, to) in
        [(301, to), (302, to), (303, to), (307, to), (308, to), (302, "http://169.254.169.254/")]
    {
        receiver.next(&[Reply::With(code, "location", to)]);
        let id = test(&ann).await;
        let shown = delivery(&ann, &id).await;
        assert_eq!((&shown["status"], &shown["status_code"]), (&json!("pending"), &json!(code)));
    }
    assert_eq!((elsewhere.take().len(), receiver.take().len()), (0, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_is_a_failure_like_any_other() {
    let client = start().await;
    let (_, ann) = client.tenant("ann").await;
    // Nothing listens on the first port.
    point(&ann, "http://127.0.0.1:1/hook").await;
    let shown = deliveries(&ann).await.remove(0);
    assert_eq!((&shown["status"], &shown["error"]), (&json!("pending"), &json!("unreachable")));
    assert_eq!((&shown["status_code"], &shown["type"]), (&Value::Null, &json!("customer_updated")));
}

#[tokio::test(flavor = "multi_thread")]
async fn gone_turns_a_destination_off_until_a_test_succeeds() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    receiver.next(&[Reply::Status(410)]);
    ann.post("/v1.0/tags", json!({ "name": "one" })).await.ok();
    let shown = deliveries(&ann).await.remove(0);
    assert_eq!((&shown["status"], &shown["error"]), (&json!("failed"), &json!("disabled")));
    assert_eq!((&shown["tm_next"], &state(&ann).await), (&Value::Null, &json!("disabled")));
    receiver.take();
    ann.post("/v1.0/tags", json!({ "name": "two" })).await.ok();
    client.advance(3600).await;
    assert!(receiver.take().is_empty(), "it is left alone");

    receiver.next(&[Reply::Status(410)]);
    test(&ann).await;
    client.idle().await;
    assert_eq!(
        (receiver.take().len(), state(&ann).await),
        (1, json!("disabled")),
        "a test that fails changes nothing"
    );
    test(&ann).await;
    client.idle().await;
    assert_eq!((receiver.take().len(), state(&ann).await), (1, json!("active")));
    ann.post("/v1.0/tags", json!({ "name": "three" })).await.ok();
    client.idle().await;
    assert_eq!(receiver.take()[0].json()["data"]["name"], "three");
}

/// Loses the answer to the transaction that records a delivery, and what comes after it.
fn die_at_record(script: &Script) {
    let mut dead = false;
    script.set(move |operation, body| {
        let is_record = operation == "TransactWriteItems" && body.to_string().contains("\"delivery#");
        match is_record {
            true if !std::mem::replace(&mut dead, true) => Fate::LoseAnswer,
            _ if dead && operation != "BatchGetItem" && operation != "GetItem" => Fate::Lose,
            _ => Fate::Pass,
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn gone_turns_off_and_a_success_turns_on_even_if_whoever_notes_it_dies_at_once() {
    let script = Arc::new(Script::default());
    let client = Client::start_with(&["--allow-loopback-webhooks"], Arc::clone(&script) as _).await;
    let receiver = Receiver::start().await;
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    for (reply, expected) in [(410, "disabled"), (200, "active")] {
        receiver.next(&[Reply::Status(reply)]);
        test(&ann).await;
        die_at_record(&script);
        client.idle().await;
        script.clear();
        client.advance(60).await;
        assert_eq!((receiver.take().len(), state(&ann).await), (1, json!(expected)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_for_its_next_attempt_has_failed_when_its_destination_is_off_or_gone_by_then() {
    for clear in [false, true] {
        let (client, receiver) = (start().await, Receiver::start().await);
        let (_, ann) = hooked(&client, "ann", &receiver).await;
        let ann = program(&ann).await;
        client.idle().await;
        receiver.take();
        receiver.next(&[Reply::Status(500), Reply::Status(410)]);
        let id = test_of(&ann, "one").await;
        let reason = if clear {
            point(&ann, "").await;
            "no_destination"
        } else {
            test_of(&ann, "two").await;
            "disabled"
        };
        client.advance(WEEK).await;
        let shown = delivery(&ann, &id).await;
        assert_eq!((&shown["status"], &shown["error"]), (&json!("failed"), &json!(reason)));
        assert_eq!((&shown["attempts"], &shown["tm_next"]), (&json!(1), &Value::Null));

        // It is over, even where the destination comes back.
        point(&ann, &receiver.at("/other")).await;
        receiver.take();
        client.advance(WEEK).await;
        assert!(receiver.take().is_empty());
        assert_eq!(delivery(&ann, &id).await["status"], "failed");
    }
}

/// Makes a tag and answers the id of the delivery that tells of it.
async fn test_of(ann: &Client, name: &str) -> Value {
    ann.post("/v1.0/tags", json!({ "name": name })).await.ok();
    deliveries(ann).await.remove(0)["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_again_is_sent_to_a_destination_that_is_off_and_turns_it_on() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    receiver.next(&[Reply::Status(410)]);
    let id = test_of(&ann, "one").await;
    test_of(&ann, "missed").await;
    assert_eq!((receiver.take().len(), state(&ann).await), (1, json!("disabled")));
    let path = format!("/v1.0/customer/webhook/deliveries/{}/redeliver", id.as_str().unwrap());
    ann.post(&path, json!({})).await.ok();
    let shown = delivery(&ann, &id).await;
    assert_eq!((&shown["status"], &shown["attempts"]), (&json!("succeeded"), &json!(2)));
    assert_eq!((receiver.take().len(), state(&ann).await), (1, json!("active")));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_destination_is_not_off_because_the_last_one_was() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    receiver.next(&[Reply::Status(410)]);
    test(&ann).await;
    client.idle().await;
    assert_eq!(state(&ann).await, "disabled");
    receiver.take();
    point(&ann, &receiver.at("/other")).await;
    assert_eq!(state(&ann).await, "active");
    let told = receiver.take();
    assert_eq!((told.len(), &*told[0].path), (1, "/other"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_its_next_attempt_goes_to_where_the_account_says_by_then() {
    let (client, old, new) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &old).await;
    old.usually(Reply::Status(500));
    let id = test(&ann).await;
    client.idle().await;
    old.take();
    point(&ann, &new.uri()).await;
    client.advance(60).await;
    assert!(old.take().is_empty(), "the old destination is left alone at once");
    assert_eq!(delivery(&ann, &id).await["status"], "succeeded");
    let kinds: Vec<_> = new.take().iter().map(super::Received::kind).collect();
    assert_eq!(kinds, ["customer_updated", "webhook_test"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_never_answers_delays_nobody_else() {
    let (client, hanging, prompt) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &hanging).await;
    let (_, bob) = hooked(&client, "bob", &prompt).await;
    hanging.usually(Reply::Never);
    for number in 0..20 {
        ann.post("/v1.0/tags", json!({ "name": format!("tag {number}") })).await.ok();
    }
    hanging.arrived(20).await;
    bob.post("/v1.0/tags", json!({ "name": "bob's" })).await.ok();
    prompt.arrived(1).await;
    assert_eq!(prompt.take()[0].json()["data"]["name"], "bob's");
    let shown = bob.get("/v1.0/customer/webhook").await.ok();
    assert_eq!(shown["state"], "active", "and everything else works meanwhile");
    hanging.release();
    let told = deliveries(&ann).await;
    let tags = told.iter().filter(|delivery| delivery["type"] == "tag_created");
    assert_eq!(tags.filter(|delivery| delivery["status"] == "succeeded").count(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_answer_in_15_seconds_has_failed_and_is_waited_for_elsewhere_from_then_on() {
    let (client, hanging, prompt) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &hanging).await;
    let (_, bob) = hooked(&client, "bob", &prompt).await;
    hanging.next(&[Reply::Never]);
    let id = test(&ann).await;
    let shown = delivery(&ann, &id).await;
    assert_eq!((&shown["status"], &shown["error"]), (&json!("pending"), &json!("timed_out")));
    let latency = shown["latency_ms"].as_u64().unwrap();
    assert!((15_000..16_000).contains(&latency), "{latency} ms");
    let wait = micros(&shown["tm_next"]) - micros(&shown["tm_create"]);
    assert!(wait >= 20_000_000, "15 s and then 5 s: {wait} us");
    hanging.take();

    hanging.usually(Reply::Never);
    for number in 0..8 {
        ann.post("/v1.0/tags", json!({ "name": format!("tag {number}") })).await.ok();
    }
    hanging.arrived(5).await;
    bob.post("/v1.0/tags", json!({ "name": "bob's" })).await.ok();
    prompt.arrived(1).await;
    assert_eq!(hanging.take().len(), 5, "no more of them wait for it at once");
    hanging.usually(Reply::Status(200));
    hanging.release();
    let told = deliveries(&ann).await;
    let tags = told.iter().filter(|delivery| delivery["type"] == "tag_created");
    assert_eq!(tags.filter(|delivery| delivery["status"] == "succeeded").count(), 8);
}
