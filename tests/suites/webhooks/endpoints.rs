//! The endpoints of an account: each gets the event types that it chose, with its own secret and its own state.

use custodian_tests::Client;
use serde_json::json;

use crate::signatures::standard_is_valid;
use crate::{Received, Receiver, Reply, account_with_webhook, deliveries, start};

pub(crate) const PATH: &str = "/v1.0/customer/webhook/endpoints";

pub(crate) async fn add_endpoint(admin: &Client, receiver: &Receiver, event_types: &[&str]) -> String {
    let body = json!({ "webhook_uri": receiver.uri(), "event_types": event_types });
    let created = admin.post(PATH, body).await.ok();
    admin.idle().await;
    created["id"].as_str().unwrap().to_owned()
}

pub(crate) async fn add_tag(admin: &Client, name: &str) -> String {
    let tag = admin.post("/v1.0/tags", json!({ "name": name })).await.ok();
    admin.idle().await;
    tag["id"].as_str().unwrap().to_owned()
}

/// The types of the webhooks that a receiver got, sorted, because webhooks arrive in any order.
pub(crate) fn types(receiver: &Receiver) -> Vec<String> {
    let mut types: Vec<_> = receiver.take().iter().map(Received::event_type).collect();
    types.sort_unstable();
    types
}

#[tokio::test(flavor = "multi_thread")]
async fn each_endpoint_gets_the_types_that_it_chose() {
    let (client, first, second, third) =
        (start().await, Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let (id, ann) = account_with_webhook(&client, "ann", &first).await;
    let tags = add_endpoint(&ann, &second, &["tag_deleted", "tag_created"]).await;
    add_endpoint(&ann, &third, &[]).await;
    for receiver in [&first, &second, &third] {
        receiver.take();
    }
    let tag = add_tag(&ann, "vip").await;
    ann.put(&format!("/v1.0/tags/{tag}"), json!({ "name": "other" })).await.ok();
    ann.delete(&format!("/v1.0/tags/{tag}")).await.ok();
    ann.idle().await;
    let all = ["tag_created", "tag_deleted", "tag_updated"];
    assert_eq!(
        (types(&first), types(&third)),
        (all.map(str::to_owned).into(), all.map(str::to_owned).into())
    );
    assert_eq!(types(&second), ["tag_created", "tag_deleted"]);

    // The first endpoint chooses, too, and the choice of another one changes.
    ann.put(&format!("{PATH}/{id}"), json!({ "event_types": ["agent_created"] })).await.ok();
    ann.put(&format!("{PATH}/{tags}"), json!({ "event_types": [] })).await.ok();
    ann.idle().await;
    for receiver in [&first, &second, &third] {
        receiver.take();
    }
    add_tag(&ann, "new").await;
    assert_eq!(
        (types(&first), types(&second), types(&third)),
        (vec![], vec!["tag_created".into()], vec!["tag_created".into()])
    );
    let shown = ann.get("/v1.0/customer/webhook").await.ok();
    assert_eq!((&shown["id"], &shown["event_types"]), (&json!(id), &json!(["agent_created"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_of_one_event_share_its_id_and_time_and_have_their_own_deliveries() {
    let (client, first, second) = (start().await, Receiver::start().await, Receiver::start().await);
    let (id, ann) = account_with_webhook(&client, "ann", &first).await;
    let other = add_endpoint(&ann, &second, &[]).await;
    first.take();
    second.take();
    add_tag(&ann, "vip").await;
    let (at_first, at_second) = (first.take().remove(0), second.take().remove(0));
    assert_eq!(at_first.body, at_second.body);
    let body = at_first.json();
    let events = client.published_events(&id).await;
    let event = events.iter().find(|event| event["type"] == "tag_created").unwrap();
    assert_eq!((&body["id"], &body["timestamp"]), (&event["id"], &event["time"]));
    assert_ne!(at_first.header("webhook-id"), at_second.header("webhook-id"));
    let listed = deliveries(&ann).await;
    let of_tag = listed.iter().filter(|delivery| delivery["type"] == "tag_created");
    let mut endpoints: Vec<_> = of_tag.map(|delivery| delivery["endpoint_id"].as_str().unwrap()).collect();
    endpoints.sort_unstable();
    let mut expected = [&*id, &*other];
    expected.sort_unstable();
    assert_eq!(endpoints, expected);
}

/// The URI of the first endpoint may contain a password.
#[tokio::test(flavor = "multi_thread")]
async fn an_additional_endpoint_does_not_get_the_url_of_the_first() {
    let (client, first, second) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &first).await;
    add_endpoint(&ann, &second, &[]).await;
    first.take();
    second.take();
    ann.put("/v1.0/customer", json!({ "name": "Acme" })).await.ok();
    ann.idle().await;
    let (at_first, at_second) = (first.take().remove(0), second.take().remove(0));
    assert_eq!(at_first.json()["data"]["webhook_uri"], first.uri());
    assert!(!at_second.body.contains(&first.uri()));
    assert_eq!(
        (&at_second.json()["omitted"], &at_second.json()["data"]["name"]),
        (&json!(["webhook_uri"]), &json!("Acme"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_endpoint_has_its_own_secret() {
    let (client, first, second) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &first).await;
    let other = add_endpoint(&ann, &second, &[]).await;
    let rotate =
        async |path: String| ann.post(&path, json!({})).await.ok()["secret"].as_str().unwrap().to_owned();
    let secret_of_first = rotate("/v1.0/customer/webhook/rotate".to_owned()).await;
    let secret_of_second = rotate(format!("{PATH}/{other}/rotate")).await;
    assert_ne!(secret_of_first, secret_of_second);
    first.take();
    second.take();
    add_tag(&ann, "vip").await;
    let (at_first, at_second) = (first.take().remove(0), second.take().remove(0));
    assert!(
        standard_is_valid(&at_first, &secret_of_first) && !standard_is_valid(&at_first, &secret_of_second)
    );
    assert!(
        standard_is_valid(&at_second, &secret_of_second) && !standard_is_valid(&at_second, &secret_of_first)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_disabled_does_not_affect_the_others() {
    let (client, first, second) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &first).await;
    let other = add_endpoint(&ann, &second, &[]).await;
    let state = async |id: &str| ann.get(&format!("{PATH}/{id}")).await.ok()["state"].clone();
    second.set_default_reply(Reply::Status(410));
    add_tag(&ann, "one").await;
    assert_eq!(state(&other).await, "disabled");
    first.take();
    second.take();
    add_tag(&ann, "two").await;
    assert_eq!((types(&first).len(), types(&second).len()), (1, 0));
    assert_eq!(ann.get("/v1.0/customer/webhook").await.ok()["state"], "active");

    // A test that succeeds enables it again, and goes to no other endpoint.
    second.set_default_reply(Reply::Status(200));
    ann.post(&format!("{PATH}/{other}/test"), json!({})).await.ok();
    ann.idle().await;
    assert_eq!((types(&first), types(&second)), (vec![], vec!["webhook_test".to_owned()]));
    assert_eq!(state(&other).await, "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_sent_again_to_its_own_endpoint() {
    let (client, first, second) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &first).await;
    let other = add_endpoint(&ann, &second, &["tag_created"]).await;
    add_tag(&ann, "vip").await;
    first.take();
    let sent = second.take().remove(0);
    let listed = deliveries(&ann).await;
    let delivery = listed.iter().find(|delivery| delivery["endpoint_id"] == other).unwrap();
    let delivery = delivery["id"].as_str().unwrap();
    let path = format!("/v1.0/customer/webhook/deliveries/{delivery}/redeliver");
    assert_eq!(ann.post(&path, json!({})).await.ok()["endpoint_id"], other);
    ann.idle().await;
    let again = second.take();
    assert_eq!((first.take().len(), again.len()), (0, 1));
    assert_eq!(again[0].header("webhook-id"), sent.header("webhook-id"));

    ann.delete(&format!("{PATH}/{other}")).await.ok();
    assert_eq!(ann.post(&path, json!({})).await.refusal(), (404, "WEBHOOK_ENDPOINT_NOT_FOUND".into()));
}
