//! What an answer means, and what none does: a receiver that takes its time is nobody else's trouble.

use custodian_tests::Client;
use serde_json::{Value, json};

use crate::{Receiver, Reply, deliveries, delivery, hooked, point, start, test};

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
