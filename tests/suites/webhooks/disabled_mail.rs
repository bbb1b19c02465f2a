//! The mail about a disabled webhook endpoint.

use serde_json::json;

use crate::{Receiver, Reply, account_with_webhook, send_test_webhook, start};

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_destination_is_mailed_once_however_many_attempts_observe_it() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    receiver.queue_replies(&[(); 4].map(|()| Reply::Status(410)));
    for name in ["one", "two", "three"] {
        ann.post("/v1.0/tags", json!({ "name": name })).await.ok();
    }
    drop(paused);
    client.idle().await;
    send_test_webhook(&ann).await;
    client.idle().await;
    let mails = client.get("/_local/mailbox").await.rows();
    let notices = mails.iter().filter(|mail| mail["subject"] == "Your webhook was turned off");
    assert_eq!(notices.clone().map(|mail| &mail["to"]).collect::<Vec<_>>(), ["ann@example.com"]);
    assert!(
        notices.clone().all(|mail| mail["text"].as_str().unwrap().contains("at 127.0.0.1 of your account"))
    );
    let events = client.published_events(&id).await;
    let disabled = events.iter().find(|event| event["type"] == "webhook_disabled").expect("it is published");
    assert_eq!(disabled["resource_id"], *id, "the first endpoint has the id of the account");
}
