//! An endpoint that fails is paused as a whole.

use std::time::Duration;

use custodian_app::ports::WriteOutcome;
use custodian_domain::failing_endpoint::FailingEndpoint;
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_tests::{Client, TestApp, micros};
use custodian_webhooks::WebhookStore;
use serde_json::{Value, json};

use crate::{
    Receiver, Reply, account_with_webhook, deliveries, delivery, send_test_webhook, set_webhook_uri, start,
};

async fn shown(ann: &Client) -> Value {
    ann.get("/v1.0/customer/webhook").await.ok()
}

/// Creates this many tags, one after the other. Each causes a delivery.
async fn change(ann: &Client, times: usize) {
    for number in 0..times {
        ann.post("/v1.0/tags", json!({ "name": format!("tag {number}") })).await.ok();
        ann.idle().await;
    }
}

/// The seconds from the last attempt of the delivery `since` to the end of the endpoint's pause.
fn wait(shown: &Value, since: &Value) -> i64 {
    (micros(&shown["tm_failing_until"]) - micros(&since["tm_update"])) / 1_000_000
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_failures_other_deliveries_wait_until_the_pause_ends() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    receiver.set_default_reply(Reply::Status(500));
    change(&ann, 4).await;
    assert_eq!(
        (&shown(&ann).await["state"], &shown(&ann).await["tm_failing_until"]),
        (&json!("active"), &Value::Null)
    );
    change(&ann, 4).await;
    let endpoint = shown(&ann).await;
    assert_eq!((&endpoint["state"], receiver.take().len()), (&json!("failing"), 5));
    let listed = deliveries(&ann).await;
    for waiting in &listed[..3] {
        assert_eq!((&waiting["status"], &waiting["error"]), (&json!("pending"), &json!("endpoint_failing")));
        assert_eq!((&waiting["attempts"], &waiting["status_code"]), (&json!(0), &Value::Null));
        assert!(micros(&waiting["tm_next"]) >= micros(&endpoint["tm_failing_until"]), "{waiting}");
    }
    assert_eq!((&listed[3]["attempts"], wait(&endpoint, &listed[3])), (&json!(1), 30));
    assert_eq!(client.service().metrics().of("WebhooksDeferred").sum, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_pause_ends_with_one_probe_and_a_success_ends_them() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    receiver.set_default_reply(Reply::Status(503));
    change(&ann, 12).await;
    assert_eq!(receiver.take().len(), 5);
    // Each pause is twice as long as the one before, and each waiting delivery is up to a tenth later.
    for pause in [30, 60, 120] {
        client.advance(pause + pause / 10 + 2).await;
        assert_eq!(receiver.take().len(), 1, "one probe after {pause} s");
    }
    receiver.set_default_reply(Reply::Status(200));
    client.advance(240 + 24 + 30).await;
    assert_eq!(shown(&ann).await["state"], "active");
    client.advance(86_400).await;
    let listed = deliveries(&ann).await;
    let created: Vec<_> = listed.iter().filter(|delivery| delivery["type"] == "tag_created").collect();
    assert_eq!(created.len(), 12);
    assert!(created.iter().all(|delivery| delivery["status"] == "succeeded"), "nothing is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_webhook_is_sent_during_a_pause_and_a_successful_redelivery_ends_the_pause() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    receiver.set_default_reply(Reply::Status(500));
    change(&ann, 6).await;
    let (until, listed) = (shown(&ann).await["tm_failing_until"].clone(), deliveries(&ann).await);
    receiver.take();
    send_test_webhook(&ann).await;
    ann.idle().await;
    assert_eq!(receiver.take().len(), 1);
    assert_eq!(shown(&ann).await["tm_failing_until"], until, "a failed test does not prolong the pause");
    let path = format!("/v1.0/customer/webhook/deliveries/{}/redeliver", listed[0]["id"].as_str().unwrap());
    receiver.set_default_reply(Reply::Status(200));
    ann.post(&path, json!({})).await.ok();
    let redelivered = delivery(&ann, &listed[0]["id"]).await;
    assert_eq!((&redelivered["status"], &redelivered["attempts"]), (&json!("succeeded"), &json!(1)));
    assert_eq!((&shown(&ann).await["state"], receiver.take().len()), (&json!("active"), 1));
    change(&ann, 1).await;
    assert_eq!(receiver.take().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_prolongs_the_pause() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    receiver.set_default_reply(Reply::With(429, "retry-after", "600"));
    change(&ann, 5).await;
    let (endpoint, listed) = (shown(&ann).await, deliveries(&ann).await);
    assert_eq!((&endpoint["state"], wait(&endpoint, &listed[0])), (&json!("failing"), 600));
    receiver.take();
    change(&ann, 1).await;
    client.advance(590).await;
    assert!(receiver.take().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_destination_starts_afresh_and_another_account_is_not_paused() {
    let (client, failing, works) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &failing).await;
    let (_, bob) = account_with_webhook(&client, "bob", &failing).await;
    failing.set_default_reply(Reply::Status(500));
    change(&ann, 6).await;
    assert_eq!((&shown(&ann).await["state"], failing.take().len()), (&json!("failing"), 5));
    change(&bob, 1).await;
    assert_eq!((&shown(&bob).await["state"], failing.take().len()), (&json!("active"), 1));
    set_webhook_uri(&ann, &works.uri()).await;
    change(&ann, 1).await;
    assert_eq!((&shown(&ann).await["state"], works.take().len()), (&json!("active"), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_a_receiver_that_responds_are_no_failures_of_the_endpoint() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let (down, no) = (Reply::Status(502), Reply::Status(422));
    receiver.queue_replies(&[down, down, down, down, no, down, down, down, down]);
    change(&ann, 9).await;
    assert_eq!((&shown(&ann).await["state"], receiver.take().len()), (&json!("active"), 9));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concurrent_failure_is_counted_and_does_not_shorten_a_longer_pause() {
    let app = TestApp::default();
    let endpoint = EndpointId::first(app.active_account("ann").await);
    let until = |seconds| app.cx.now().plus(Duration::from_secs(seconds));
    for seconds in [30, 600, 30] {
        let (fingerprint, until) = ("of the URI".to_owned(), until(seconds));
        let failure = FailingEndpoint { fingerprint, failures: 1, pauses: 0, until };
        let recorded = app.cx.store.record_endpoint_failure(endpoint, &failure).await.unwrap();
        assert_eq!(recorded, WriteOutcome::Done);
    }
    let rows = app.tables.scan("webhooks");
    let row = rows.iter().find(|row| row.get("failures").is_some()).expect("the failures are counted");
    assert_eq!(
        (&row["failures"]["N"], &row["until"]["N"]),
        (&json!("3"), &json!(until(600).micros().to_string()))
    );
}
