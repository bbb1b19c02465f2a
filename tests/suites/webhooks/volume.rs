//! How much a failing destination receives.

use serde_json::json;

use crate::{Receiver, Reply, account_with_webhook, start};

const DAY: u64 = 86_400;

/// The requests that a receiver got in a day that begins with 100 small updates of one large row.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_destination_gets_few_requests_however_many_changes_there_are() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let ann = ann.with_access_key().await;
    let actions = vec![json!({ "type": "talk", "option": { "text": "0123456789" } }); 1000];
    let flow = ann.post("/v1.0/flows", json!({ "name": "large", "actions": actions })).await.ok();
    client.idle().await;
    receiver.take();
    receiver.set_default_reply(Reply::Status(500));
    let path = format!("/v1.0/flows/{}", flow["id"].as_str().unwrap());
    for number in 0..100 {
        ann.put(&path, json!({ "name": format!("change {number}") })).await.ok();
    }
    client.idle().await;
    let at_once = receiver.take();
    client.advance(DAY).await;
    let later = receiver.take();
    let bytes = |all: &[crate::Received]| all.iter().map(|one| one.body.len()).sum::<usize>();
    println!("{} {} then {} {}", at_once.len(), bytes(&at_once), later.len(), bytes(&later));
}
