//! How much a failing destination receives.

use serde_json::{Value, json};

use crate::{Receiver, Reply, account_with_webhook, start};

const DAY: u64 = 86_400;

/// Without pauses and without the size limit, the destination would get 700 requests with 84 MB.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_changes_of_a_large_row_send_little_to_a_destination_that_fails_for_a_day() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let ann = ann.with_access_key().await;
    // A payload of 120 KB: `1e15` is stored and sent as 18 characters.
    let values = vec!["1e15"; 6300].join(",");
    let body =
        format!(r#"{{"name":"large","actions":[{{"type":"talk","option":{{"values":[{values}]}}}}]}}"#);
    let request =
        ann.request(reqwest::Method::POST, "/v1.0/flows").header("content-type", "application/json");
    let flow = ann.send(request.body(body)).await.ok();
    client.idle().await;
    receiver.take();
    receiver.set_default_reply(Reply::Status(500));
    let path = format!("/v1.0/flows/{}", flow["id"].as_str().unwrap());
    for number in 0..100 {
        ann.put(&path, json!({ "name": format!("change {number}") })).await.ok();
    }
    client.idle().await;
    client.advance(DAY).await;
    let received = receiver.take();
    let bytes = received.iter().map(|one| one.body.len()).sum::<usize>();
    assert!(received.len() <= 80, "{} requests", received.len());
    assert!(bytes <= 80 * 1024, "{bytes} bytes");
    let body = received[0].json();
    assert_eq!((&body["omitted"], &body["data"]["actions"]), (&json!(["actions"]), &Value::Null));
    assert_eq!(body["data"]["id"], flow["id"]);
}
