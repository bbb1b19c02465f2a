//! The endpoints of an account: each gets the event types that it chose, with its own secret and its own state.

use custodian_tests::{Client, PASSWORD, Tables, event_types};
use serde_json::{Value, json};

use crate::signatures::standard_is_valid;
use crate::{Received, Receiver, Reply, account_with_webhook, deliveries, set_webhook_uri, start};

pub(crate) const PATH: &str = "/v1.0/customer/webhook/endpoints";

async fn add_endpoint(admin: &Client, receiver: &Receiver, event_types: &[&str]) -> String {
    let body = json!({ "webhook_uri": receiver.uri(), "event_types": event_types });
    let created = admin.post(PATH, body).await.ok();
    admin.idle().await;
    created["id"].as_str().unwrap().to_owned()
}

async fn add_tag(admin: &Client, name: &str) -> String {
    let tag = admin.post("/v1.0/tags", json!({ "name": name })).await.ok();
    admin.idle().await;
    tag["id"].as_str().unwrap().to_owned()
}

/// The types of the webhooks that a receiver got, sorted, because webhooks arrive in any order.
fn types(receiver: &Receiver) -> Vec<String> {
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
async fn an_endpoint_that_was_deleted_meanwhile_gets_no_new_secret_and_leaves_no_state() {
    let (client, first, second) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &first).await;
    let tables = Tables(client.engine().clone());
    for _ in 0..10 {
        let id = add_endpoint(&ann, &second, &[]).await;
        let path = format!("{PATH}/{id}");
        let rotate = format!("{path}/rotate");
        let (rotated, deleted) = tokio::join!(ann.post(&rotate, json!({})), ann.delete(&path));
        deleted.ok();
        assert!(rotated.status == 200 || rotated.status == 404, "{}", rotated.text);
        let rows = tables.dump().remove("webhooks").unwrap();
        assert!(!rows.iter().any(|row| row.contains(&format!("secret#{id}"))));
    }
    // An attempt that begins before the deletion and ends with 410 after it.
    let id = add_endpoint(&ann, &second, &["tag_created"]).await;
    second.set_default_reply(Reply::After(1, 410, "x-late", "1"));
    ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();
    second.wait_for(1).await;
    ann.delete(&format!("{PATH}/{id}")).await.ok();
    ann.idle().await;
    let rows = tables.dump().remove("webhooks").unwrap();
    assert!(!rows.iter().any(|row| row.contains(&format!("#{id}"))), "{rows:?}");
}

/// A worker reads the account before the deletion of the endpoint, and its secret afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_pending_delivery_is_closed_if_its_endpoint_is_deleted_while_a_worker_reads_it() {
    let (client, first, second) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &first).await;
    let id = add_endpoint(&ann, &second, &["tag_created"]).await;
    second.set_default_reply(Reply::Status(503));
    add_tag(&ann, "vip").await;
    Tables(client.engine().clone()).delete_rows_with("webhooks", &format!("secret#{id}"));
    client.advance(60).await;
    ann.idle().await;
    let listed = deliveries(&ann).await;
    let pending = listed.iter().find(|delivery| delivery["endpoint_id"] == id.as_str()).unwrap();
    assert_eq!((&pending["status"], &pending["error"]), (&json!("failed"), &json!("no_destination")));
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
async fn an_endpoint_that_fails_or_is_disabled_does_not_affect_the_others() {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_delivery_to_an_additional_endpoint_is_retried_and_ends_with_the_endpoint() {
    let (client, first, second) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &first).await;
    let other = add_endpoint(&ann, &second, &["tag_created"]).await;
    second.queue_replies(&[Reply::Status(500)]);
    add_tag(&ann, "one").await;
    client.advance(10).await;
    assert_eq!(types(&second), ["tag_created", "tag_created"]);

    second.set_default_reply(Reply::Status(500));
    add_tag(&ann, "two").await;
    assert_eq!(types(&second).len(), 1);
    ann.delete(&format!("{PATH}/{other}")).await.ok();
    client.advance(600).await;
    assert_eq!(types(&second), Vec::<String>::new());
    let listed = deliveries(&ann).await;
    let of_second: Vec<_> = listed.iter().filter(|delivery| delivery["endpoint_id"] == other).collect();
    assert_eq!(
        (&of_second[0]["status"], &of_second[0]["error"]),
        (&json!("failed"), &json!("no_destination"))
    );
    assert_eq!(of_second[1]["status"], "succeeded");
}

/// Invariant I6: no personal data is left.
#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_that_chose_it_gets_the_deletion_notice_and_no_row_is_left() {
    let (client, first, second, third) =
        (start().await, Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let (id, ann) = client.tenant("ann").await;
    set_webhook_uri(&ann, &first.uri()).await;
    let all = add_endpoint(&ann, &second, &[]).await;
    add_endpoint(&ann, &third, &["tag_created"]).await;
    let secret = ann.post(&format!("{PATH}/{all}/rotate"), json!({})).await.ok();
    ann.idle().await;
    for receiver in [&first, &second, &third] {
        receiver.take();
    }
    second.queue_replies(&[Reply::Status(503)]);
    ann.post(
        "/auth/unregister",
        json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true }),
    )
    .await
    .ok();
    client.idle().await;
    client.advance(10).await;
    let (at_first, at_second) = (first.take(), second.take());
    assert_eq!((at_first.len(), at_second.len(), third.take().len()), (1, 2, 0));
    assert!(at_second.iter().chain(&at_first).all(|one| one.event_type() == "customer_deleted"));
    assert!(standard_is_valid(&at_second[1], secret["secret"].as_str().unwrap()));
    assert!(event_types(&client.published_events(&id).await).contains(&"customer_erased"));
    let tables = Tables(client.engine().clone());
    assert_eq!(tables.remaining_rows(&id), []);
    let customer =
        tables.dump().remove("customers").unwrap().into_iter().find(|row| row.contains(&id)).unwrap();
    assert!(!customer.contains(&second.uri()) && !customer.contains("webhook_endpoints"), "{customer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_endpoint_leaves_no_secret() {
    let (client, first, second) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &first).await;
    let other = add_endpoint(&ann, &second, &[]).await;
    second.queue_replies(&[Reply::Status(500)]);
    add_tag(&ann, "vip").await;
    let tables = Tables(client.engine().clone());
    let rows_of_endpoint = || {
        let rows = tables.dump().remove("webhooks").unwrap();
        rows.into_iter().filter(|row| row.contains(&format!("#{other}"))).count()
    };
    assert!(rows_of_endpoint() > 0);
    let deleted: Value = ann.delete(&format!("{PATH}/{other}")).await.ok();
    assert_eq!(deleted["id"], other);
    assert_eq!(rows_of_endpoint(), 0);
    assert_eq!(
        ann.delete(&format!("{PATH}/{other}")).await.refusal(),
        (404, "WEBHOOK_ENDPOINT_NOT_FOUND".into())
    );
}
