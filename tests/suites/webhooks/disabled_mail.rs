//! The mail about a disabled webhook endpoint.

use custodian_tests::event_types;
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
    assert_eq!(notices.map(|mail| &mail["to"]).collect::<Vec<_>>(), ["ann@example.com"]);
    let events = client.published_events(&id).await;
    assert!(event_types(&events).contains(&"webhook_disabled"));
}
