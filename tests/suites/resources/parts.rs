//! Routes that change a part of a row obey the rules of an update of the whole row. Contacts are found by an address.

use custodian_domain::kinds::{CONTACTS, FLOWS, NUMBERS, QUEUES, TAGS};
use custodian_tests::{Client, event_types};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::sample_values::{create, row_path, sample_id, tenant_on_plan};

fn id(row: &Value) -> String {
    row["id"].as_str().unwrap().to_owned()
}

fn tel(target: &str) -> Value {
    json!({ "type": "tel", "target": target })
}

fn targets(contact: &Value) -> Vec<&str> {
    contact["addresses"].as_array().unwrap().iter().map(|it| it["target"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_sets_its_fields_and_no_other() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let tag = id(&create(&ann, &TAGS, json!({})).await);
    let flow = id(&create(&ann, &FLOWS, json!({})).await);
    let queue = row_path(&QUEUES, &create(&ann, &QUEUES, json!({ "name": "sales" })).await);
    let body = json!({ "tag_ids": [tag], "name": "ignored" });
    let changed = ann.put(&format!("{queue}/tag_ids"), body).await.ok();
    assert_eq!((&changed["tag_ids"], &changed["name"]), (&json!([tag]), &json!("sales")));
    let routed =
        ann.put(&format!("{queue}/routing_method"), json!({ "routing_method": "random" })).await.ok();
    assert_eq!((&routed["routing_method"], &routed["tag_ids"]), (&json!("random"), &json!([tag])));
    assert_eq!(ann.get(&queue).await.ok(), routed);

    let number = row_path(&NUMBERS, &create(&ann, &NUMBERS, json!({ "number": "+15551234567" })).await);
    let flows = json!({ "call_flow_id": flow, "message_flow_id": flow });
    let changed = ann.put(&format!("{number}/flow_ids"), flows).await.ok();
    assert_eq!((&changed["call_flow_id"], &changed["message_flow_id"]), (&json!(flow), &json!(flow)));
    let cleared = ann.put(&format!("{number}/flow_ids"), json!({ "message_flow_id": "" })).await.ok();
    assert_eq!(cleared["message_flow_id"], json!("00000000-0000-0000-0000-000000000000"));
    assert_eq!(cleared["call_flow_id"], json!(flow));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_refuses_what_the_update_of_the_row_refuses() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let (_, bob) = tenant_on_plan(&client, "bob", "unlimited").await;
    let of_bob = id(&create(&bob, &TAGS, json!({})).await);
    let queue = row_path(&QUEUES, &create(&ann, &QUEUES, json!({})).await);
    let contact = row_path(&CONTACTS, &create(&ann, &CONTACTS, json!({})).await);
    let number = row_path(&NUMBERS, &create(&ann, &NUMBERS, json!({ "number": "+15551234567" })).await);
    for (path, body, field) in [
        (format!("{queue}/tag_ids"), json!({ "tag_ids": [of_bob] }), "tag_ids"),
        (format!("{queue}/tag_ids"), json!({ "tag_ids": "vip" }), "tag_ids"),
        (format!("{queue}/tag_ids"), json!({}), "tag_ids"),
        (format!("{queue}/routing_method"), json!({ "routing_method": "" }), "routing_method"),
        (format!("{number}/flow_ids"), json!({ "call_flow_id": sample_id(7) }), "call_flow_id"),
    ] {
        let response = ann.put(&path, body.clone()).await;
        assert_eq!(response.status, 400, "{path} {body}: {}", response.text);
        assert_eq!(response.json()["error"]["details"][0]["field"], field, "{path} {body}");
    }
    for (path, body, field) in [
        ("addresses", json!({ "target": "+1" }), "type"),
        ("addresses", json!({ "type": "tel", "target": "" }), "target"),
        ("addresses", json!({ "type": "tel", "target": "+1", "name": 1 }), "name"),
        ("tags", json!({ "tag_id": "vip" }), "tag_id"),
        ("tags", json!({ "tag_id": of_bob }), "tag_ids"),
    ] {
        let response = ann.post(&format!("{contact}/{path}"), body.clone()).await;
        assert_eq!(response.status, 400, "{path} {body}: {}", response.text);
        assert_eq!(response.json()["error"]["details"][0]["field"], field, "{path} {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_added_changed_and_removed_one_by_one() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let path = row_path(&CONTACTS, &create(&ann, &CONTACTS, json!({ "company": "Acme" })).await);
    let addresses = format!("{path}/addresses");
    let added = ann.post(&addresses, json!({ "type": "tel", "target": "+1", "is_primary": true })).await;
    assert_eq!((added.status, &added.json()["company"]), (201, &json!("Acme")));
    let first = format!("{addresses}/{}", id(&added.json()["addresses"][0]));
    client.advance(60).await;
    let second = json!({ "type": "tel", "target": "+2", "is_primary": true, "name": "home" });
    let both = ann.post(&addresses, second).await.json();
    assert_eq!(targets(&both), ["+1", "+2"]);
    let primary = |at: usize| both["addresses"][at]["is_primary"].clone();
    assert_eq!((primary(0), primary(1)), (json!(false), json!(true)), "one address of a type is primary");

    let changed = ann.put(&first, json!({ "target": "+3" })).await.ok();
    assert_eq!(targets(&changed), ["+3", "+2"]);
    for kept in ["id", "tm_create"] {
        assert_eq!(changed["addresses"][0][kept], both["addresses"][0][kept], "{kept}");
    }
    // The old target is free, and gets another id than the address that had it.
    let again = ann.post(&addresses, tel("+1")).await.json();
    assert_ne!(again["addresses"][2]["id"], again["addresses"][0]["id"]);
    let sent_back = ann.put(&path, json!({ "addresses": again["addresses"] })).await.ok();
    assert_eq!(sent_back["addresses"], again["addresses"], "a client may send back what it read");
    assert_eq!(targets(&ann.delete(&first).await.ok()), ["+2", "+1"]);
    assert_eq!(ann.delete(&first).await.refusal(), (404, "ADDRESS_NOT_FOUND".into()));
    assert_eq!(ann.put(&first, json!({})).await.refusal(), (404, "ADDRESS_NOT_FOUND".into()));
    assert_eq!(ann.post(&addresses, tel("+1")).await.refusal(), (409, "ADDRESS_ALREADY_EXISTS".into()));
    let other = row_path(&CONTACTS, &create(&ann, &CONTACTS, json!({})).await);
    let taken = ann.post(&format!("{other}/addresses"), tel("+1")).await;
    assert_eq!(taken.refusal(), (409, "ADDRESS_ALREADY_EXISTS".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_added_and_removed_one_by_one() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let [vip, late] =
        [create(&ann, &TAGS, json!({})).await, create(&ann, &TAGS, json!({})).await].map(|tag| id(&tag));
    let path = row_path(&CONTACTS, &create(&ann, &CONTACTS, json!({})).await);
    for (tag, expected) in [(&vip, json!([vip])), (&vip, json!([vip])), (&late, json!([vip, late]))] {
        let added = ann.post(&format!("{path}/tags"), json!({ "tag_id": tag })).await;
        assert_eq!((added.status, &added.json()["tag_ids"]), (201, &expected));
    }
    // A tag that no longer exists can still be removed.
    ann.delete(&format!("/v1.0/tags/{vip}")).await.ok();
    let removed = ann.delete(&format!("{path}/tags/{vip}")).await.ok();
    assert_eq!(removed["tag_ids"], json!([late]));
    assert_eq!(ann.delete(&format!("{path}/tags/{vip}")).await.refusal(), (404, "TAG_NOT_FOUND".into()));
    assert_eq!(ann.delete(&format!("{path}/tags/vip")).await.refusal(), (400, "INVALID_ID".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_changes_of_one_contact_lose_nothing() {
    let client = Client::start().await;
    let (customer, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let path = row_path(&CONTACTS, &create(&ann, &CONTACTS, json!({})).await);
    let adds = (0..6).map(|n| {
        let (ann, path) = (ann.clone(), format!("{path}/addresses"));
        async move { ann.post(&path, tel(&format!("+{n}"))).await }
    });
    let added = join_all(adds).await;
    // A request whose time to retry is over has no effect, and says so.
    let expected = added.iter().filter(|response| response.status == 201).count();
    assert!(added.iter().all(|response| matches!(response.status, 201 | 503)));
    let contact = ann.get(&path).await.ok();
    assert_eq!(targets(&contact).len(), expected);
    assert!(expected > 1);
    client.idle().await;
    let events = client.published_events(&customer).await;
    let updates = event_types(&events).into_iter().filter(|it| *it == "contact_updated").count();
    assert_eq!(updates, expected, "each change has its event");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_respects_the_version_and_the_idempotency_key() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let path = row_path(&CONTACTS, &create(&ann, &CONTACTS, json!({})).await);
    let add = || {
        let request = ann.request(Method::POST, &format!("{path}/addresses"));
        ann.send(request.header("idempotency-key", "once").json(&tel("+1")))
    };
    let (first, again) = (add().await, add().await);
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json(), again.json(), "the second request has no effect");
    let address = format!("{path}/addresses/{}", id(&first.json()["addresses"][0]));
    for (tag, status) in [("\"1\"", 412), ("\"2\"", 200)] {
        let request = ann.request(Method::DELETE, &address).header("if-match", tag);
        assert_eq!(ann.send(request).await.status, status, "{tag}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_found_by_its_addresses() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let (_, bob) = tenant_on_plan(&client, "bob", "unlimited").await;
    let mail = json!({ "type": "email", "target": "Amy@Example.com" });
    let targets = json!([tel("+15551234567"), tel("+1 555 0100"), tel("030 1234567"), mail]);
    let created = create(&ann, &CONTACTS, json!({ "addresses": targets })).await;
    let lookup = |caller: &Client, query: &str| {
        let (caller, path) = (caller.clone(), format!("/v1.0/contacts/lookup?{query}"));
        async move { caller.get(&path).await }
    };
    for query in [
        "phone=%2B15551234567",
        "phone=+15551234567",
        "phone=%2B1%20555%200100",
        "phone=030%201234567",
        "email=amy@example.com",
        "phone=&email=AMY@EXAMPLE.COM",
    ] {
        let found = lookup(&ann, query).await.ok();
        assert_eq!(found, json!({ "result": [created], "next_page_token": "" }), "{query}");
    }
    let nothing = json!({ "result": [], "next_page_token": "" });
    for (caller, query) in
        [(&ann, "phone=%2B1"), (&ann, "email=%2B15551234567"), (&bob, "phone=%2B15551234567")]
    {
        assert_eq!(lookup(caller, query).await.ok(), nothing, "{query}");
    }
    for query in ["", "phone=", "phone=&email="] {
        assert_eq!(lookup(&ann, query).await.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()), "{query}");
    }
    ann.put(&row_path(&CONTACTS, &created), json!({ "addresses": [] })).await.ok();
    assert_eq!(lookup(&ann, "phone=%2B15551234567").await.ok(), nothing, "a removed address");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_admin_selects_the_billing_account_of_an_account() {
    let client = Client::start().await;
    let (ann_id, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let admin = client.platform_admin().await;
    let [own, foreign] = [ann.get("/v1.0/billing_account").await, bob.get("/v1.0/billing_account").await]
        .map(|response| id(&response.ok()));
    let path = format!("/v1.0/customers/{ann_id}/billing_account_id");
    let set = |id: &str| admin.put(&path, json!({ "billing_account_id": id }));
    assert_eq!(set(&own).await.ok()["billing_account_id"], json!(own));
    assert_eq!(set(&foreign).await.refusal(), (404, "BILLING_ACCOUNT_NOT_FOUND".into()));
    assert_eq!(set("mine").await.refusal(), (400, "INVALID_ID".into()));
}
