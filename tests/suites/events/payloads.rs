//! What a webhook says: the row as its owner would read it at that moment.

use custodian_domain::kinds::{Kind, Verbs, routed};
use serde_json::{Value, json};

use crate::{Receiver, hooked, point, start, test};

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_shows_the_row_as_its_owner_reads_it_but_for_passwords() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = hooked(&client, "ann", &receiver).await;
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
        let made = ann.post(&format!("/v1.0/{route}"), body).await;
        let row = made.json()["id"].as_str().expect(&made.text).to_owned();
        client.idle().await;
        let received = receiver.take();
        assert_eq!(received.len(), 1, "{route}");
        let said = received[0].json();
        let mut shown = ann.get(&format!("/v1.0/{route}/{row}")).await.ok();
        let secrets = Kind::by_route(route).into_iter().flat_map(|kind| kind.fields);
        for field in secrets.filter(|field| field.secret) {
            assert_eq!(shown.as_object_mut().unwrap().remove(field.name), Some(json!("dial tone")));
        }
        assert_eq!(said["data"], shown, "{route}");
        assert_eq!(said.as_object().unwrap().keys().collect::<Vec<_>>(), ["type", "data", "version"]);
        assert!(said["type"].as_str().unwrap().ends_with("_created") && said["version"] == 1);
        assert_eq!(received[0].header("content-type"), Some("application/json"));
    }
    ann.put("/v1.0/customer", json!({ "name": "Acme" })).await.ok();
    client.idle().await;
    let said = receiver.take()[0].json();
    assert_eq!(
        (&said["type"], &said["data"]),
        (&json!("customer_updated"), &ann.get("/v1.0/customer").await.ok())
    );
    assert_eq!(said["data"]["id"], *id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_is_built_when_it_is_delivered_and_versions_tell_the_order() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = hooked(&client, "ann", &receiver).await;
    let service = client.service().clone();
    let still = service.hold_still().await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "first" })).await.ok();
    let path = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());
    ann.put(&path, json!({ "name": "second" })).await.ok();
    drop(still);
    client.idle().await;
    let mut said: Vec<Value> = receiver.take().iter().map(super::Received::json).collect();
    said.sort_by_key(|body| body["version"].as_u64());
    let facts: Vec<_> =
        said.iter().map(|body| (&body["type"], &body["version"], &body["data"]["name"])).collect();
    let (one, two, name) = (json!(1), json!(2), json!("second"));
    assert_eq!(facts, [(&json!("tag_created"), &one, &name), (&json!("tag_updated"), &two, &name)]);

    let still = service.hold_still().await;
    ann.put(&path, json!({ "name": "third" })).await.ok();
    ann.delete(&path).await.ok();
    drop(still);
    client.idle().await;
    for received in receiver.take() {
        let (said, mut data) = (received.json(), received.json()["data"].clone());
        let gone = data.as_object_mut().unwrap().remove("tm_delete").unwrap();
        assert_eq!(data, json!({ "id": tag["id"], "customer_id": id }), "of a row that is gone, its ids");
        assert_eq!(gone.is_string(), said["type"] == "tag_deleted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_method_is_the_customers_choice_and_nothing_is_added_to_the_url() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    for method in ["GET", "DELETE", "PUT", "POST", ""] {
        for path in ["/", "/a%20b/c?x=1&y=%C3%A9"] {
            ann.put("/v1.0/customer", json!({ "webhook_method": method })).await.ok();
            point(&ann, &receiver.at(path)).await;
            receiver.take();
            ann.post("/v1.0/contacts", json!({ "display_name": "Eve Adams" })).await;
            test(&ann).await;
            client.idle().await;
            let received = receiver.take();
            assert_eq!(received.len(), 2);
            for one in received {
                assert_eq!(
                    (&*one.method, &*one.path),
                    (if method.is_empty() { "POST" } else { method }, path)
                );
                assert!(one.json()["type"].is_string(), "the body comes with every method");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_hears_of_itself_and_of_nobody_else() {
    let client = start().await;
    let (to_ann, to_bob) = (Receiver::start().await, Receiver::start().await);
    let (ann_id, ann) = hooked(&client, "ann", &to_ann).await;
    let (bob_id, bob) = hooked(&client, "bob", &to_bob).await;
    ann.post("/v1.0/tags", json!({ "name": "ann's" })).await.ok();
    bob.post("/v1.0/tags", json!({ "name": "bob's" })).await.ok();
    client.operator().await.post(&format!("/v1.0/customers/{bob_id}/freeze"), json!({})).await.ok();
    client.idle().await;
    let kinds = |receiver: &Receiver, id: &str| {
        let received = receiver.take();
        let of = |body: &Value| body["data"]["id"] == *id || body["data"]["customer_id"] == *id;
        assert!(received.iter().all(|one| of(&one.json())));
        let mut kinds: Vec<_> = received.iter().map(super::Received::kind).collect();
        kinds.sort_unstable();
        kinds
    };
    assert_eq!(kinds(&to_ann, &ann_id), ["tag_created"]);
    assert_eq!(kinds(&to_bob, &bob_id), ["customer_frozen", "tag_created"]);
}
