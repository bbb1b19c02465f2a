//! A webhook's payload is the row as its owner would read it at the time of delivery, without secrets.

use custodian_domain::kinds::{self, Verbs, routed};
use serde_json::{Value, json};

use crate::{Receiver, account_with_webhook, send_test_webhook, set_webhook_uri, start};

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_is_the_row_as_its_owner_reads_it_without_passwords() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let bodies = [
        (
            "agents",
            json!({ "username": "bob@example.com", "password": "correct horse", "permission": 0x40, "addresses": [] }),
        ),
        ("accesskeys", json!({ "name": "ci" })),
        ("numbers", json!({ "number": "+15550001111" })),
        ("extensions", json!({ "extension": "100", "password": "dial tone" })),
        ("trunks", json!({ "domain_name": "acme", "username": "acme", "password": "dial tone" })),
        ("contacts", json!({ "addresses": [{ "type": "tel", "target": "+15550001111" }] })),
    ];
    let plain = routed()
        .filter(|kind| kind.verbs == Verbs::All && !bodies.iter().any(|(route, _)| *route == kind.route));
    let plain: Vec<_> = plain.map(|kind| (kind.route, json!({ "name": "one" }))).collect();
    for (route, body) in bodies.into_iter().chain(plain) {
        let created = ann.post(&format!("/v1.0/{route}"), body).await;
        let row = created.json()["id"].as_str().expect(&created.text).to_owned();
        client.idle().await;
        let received = receiver.take();
        assert_eq!(received.len(), 1, "{route}");
        let payload = received[0].json();
        let mut shown = ann.get(&format!("/v1.0/{route}/{row}")).await.ok();
        let secrets = kinds::by_route(route).into_iter().flat_map(|kind| kind.fields);
        for field in secrets.filter(|field| field.secret) {
            let secret = shown.as_object_mut().unwrap().remove(field.name).unwrap();
            let is_shown = !secret.as_str().unwrap().is_empty();
            assert!(
                is_shown,
                "{route}: its body above needs a value of `{}`, which the API shows",
                field.name
            );
        }
        assert_eq!(payload["data"], shown, "{route}");
        assert_eq!(
            payload.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["id", "type", "timestamp", "data", "version"]
        );
        assert!(payload["type"].as_str().unwrap().ends_with("_created") && payload["version"] == 1);
        assert_eq!(received[0].header("content-type"), Some("application/json"));
    }
    ann.put("/v1.0/customer", json!({ "name": "Acme" })).await.ok();
    client.idle().await;
    let payload = receiver.take()[0].json();
    assert_eq!(
        (&payload["type"], &payload["data"]),
        (&json!("customer_updated"), &ann.get("/v1.0/customer").await.ok())
    );
    assert_eq!(payload["data"]["id"], *id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_is_built_at_delivery_and_versions_give_the_order() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "first" })).await.ok();
    let path = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());
    ann.put(&path, json!({ "name": "second" })).await.ok();
    drop(paused);
    client.idle().await;
    let mut payload: Vec<Value> = receiver.take().iter().map(super::Received::json).collect();
    payload.sort_by_key(|body| body["version"].as_u64());
    let summaries: Vec<_> =
        payload.iter().map(|body| (&body["type"], &body["version"], &body["data"]["name"])).collect();
    let (one, two, name) = (json!(1), json!(2), json!("second"));
    assert_eq!(summaries, [(&json!("tag_created"), &one, &name), (&json!("tag_updated"), &two, &name)]);

    let paused = service.pause_background_work().await;
    ann.put(&path, json!({ "name": "third" })).await.ok();
    ann.delete(&path).await.ok();
    drop(paused);
    client.idle().await;
    let late = receiver.take();
    assert_eq!(late.len(), 2, "the update and the deletion");
    for received in late {
        let (payload, mut data) = (received.json(), received.json()["data"].clone());
        let tm_delete = data.as_object_mut().unwrap().remove("tm_delete").unwrap();
        assert_eq!(
            data,
            json!({ "id": tag["id"], "customer_id": id }),
            "a deleted row is reported by its ids"
        );
        assert_eq!(tm_delete.is_string(), payload["type"] == "tag_deleted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_customer_chooses_the_method_and_the_url_is_sent_unchanged() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    for method in ["GET", "DELETE", "PUT", "POST", ""] {
        for path in ["/", "/a%20b/c?x=1&y=%C3%A9"] {
            ann.put("/v1.0/customer", json!({ "webhook_method": method })).await.ok();
            set_webhook_uri(&ann, &receiver.uri_with_path(path)).await;
            receiver.take();
            ann.post("/v1.0/contacts", json!({ "display_name": "Eve Adams" })).await;
            send_test_webhook(&ann).await;
            client.idle().await;
            let received = receiver.take();
            assert_eq!(received.len(), 2);
            for one in received {
                assert_eq!(
                    (&*one.method, &*one.path),
                    (if method.is_empty() { "POST" } else { method }, path)
                );
                assert!(one.json()["type"].is_string(), "every method has a body");
            }
        }
    }
}

/// Invariant I9: the tenant comes from the caller.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_receives_only_its_own_webhooks() {
    let client = start().await;
    let (to_ann, to_bob) = (Receiver::start().await, Receiver::start().await);
    let (ann_id, ann) = account_with_webhook(&client, "ann", &to_ann).await;
    let (bob_id, bob) = account_with_webhook(&client, "bob", &to_bob).await;
    ann.post("/v1.0/tags", json!({ "name": "ann's" })).await.ok();
    bob.post("/v1.0/tags", json!({ "name": "bob's" })).await.ok();
    client.platform_admin().await.post(&format!("/v1.0/customers/{bob_id}/freeze"), json!({})).await.ok();
    client.idle().await;
    let types = |receiver: &Receiver, id: &str| {
        let received = receiver.take();
        let is_own = |body: &Value| body["data"]["id"] == *id || body["data"]["customer_id"] == *id;
        assert!(received.iter().all(|one| is_own(&one.json())));
        let mut types: Vec<_> = received.iter().map(super::Received::event_type).collect();
        types.sort_unstable();
        types
    };
    assert_eq!(types(&to_ann, &ann_id), ["tag_created"]);
    assert_eq!(types(&to_bob, &bob_id), ["customer_frozen", "tag_created"]);
}
