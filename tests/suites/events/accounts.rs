//! Events of accounts, agents and keys: one for each change that an event may name, in order. The only value of a field that they
//! carry is the account's status.

use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::dynamodb::Event as StreamEvent;
use custodian_event_sources::handle_stream_event;
use custodian_tests::{Client, PASSWORD, Tables, TestApp, event_types, micros};
use serde_json::{Value, json};

const WEEK: u64 = 7 * 86_400;

/// The account's own events.
fn own_events(events: &[Value]) -> Vec<Value> {
    let is_own = |event: &&Value| event["type"].as_str().unwrap().starts_with("customer_");
    events.iter().filter(is_own).cloned().collect()
}

/// Asserts that all events have different ids, and that those of each row are ordered by version. Leaves out `operations_terminate`,
/// which has the version of the event that caused it.
#[track_caller]
fn assert_ordered(events: &[Value]) {
    let mut ids = BTreeSet::new();
    let mut last: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for event in events.iter().filter(|event| event["type"] != "operations_terminate") {
        assert!(ids.insert(event["id"].to_string()), "a unique id: {event}");
        let version = event["version"].as_u64().unwrap();
        let time = event["time"].as_str().unwrap().to_owned();
        if let Some((before, earlier)) =
            last.insert(event["resource_id"].to_string(), (version, time.clone()))
        {
            assert!(before < version && micros(&json!(earlier)) <= micros(&json!(time)), "{event}");
        }
    }
}

/// Invariant I4: no lost event.
#[tokio::test(flavor = "multi_thread")]
async fn an_accounts_events_are_published_in_the_order_of_its_versions() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    ann.put("/v1.0/customer", json!({ "name": "Acme Corporation", "address": "123 Main St" })).await.ok();
    ann.put("/v1.0/customer", json!({ "name": "Acme Corporation" })).await.ok();
    ann.put("/v1.0/customer", json!({ "email": "anna@example.com" })).await.ok();
    let platform_admin = client.platform_admin().await;
    platform_admin.put(&format!("/v1.0/customers/{id}/plan"), json!({ "plan": "basic" })).await.ok();
    for verb in ["freeze", "recover", "freeze"] {
        platform_admin.post(&format!("/v1.0/customers/{id}/{verb}"), json!({})).await.ok();
    }
    platform_admin.delete(&format!("/v1.0/customers/{id}")).await.ok();
    let published = client.published_events(&id).await;
    assert_ordered(&published);
    let published = own_events(&published);
    let summaries: Vec<_> =
        published.iter().map(|event| (&event["type"], &event["status"], &event["changed"])).collect();
    let expected = [
        ("customer_created", "initial", json!([])),
        ("customer_verified", "active", json!(["billing_account_id", "email_verified", "status"])),
        ("customer_updated", "active", json!(["name", "address"])),
        ("customer_updated", "active", json!(["pending_email"])),
        ("customer_updated", "active", json!(["plan"])),
        (
            "customer_frozen",
            "frozen",
            json!(["pending_email", "status", "suspended", "tm_deletion_scheduled"]),
        ),
        ("customer_recovered", "active", json!(["status", "suspended", "tm_deletion_scheduled"])),
        ("customer_frozen", "frozen", json!(["status", "suspended", "tm_deletion_scheduled"])),
        ("customer_deleted", "deleted", json!(["status"])),
        ("customer_erased", "deleted", json!([])),
    ];
    let expected: Vec<_> =
        expected.iter().map(|(kind, status, changed)| (json!(kind), json!(status), changed)).collect();
    assert_eq!(
        summaries,
        expected.iter().map(|(kind, status, changed)| (kind, status, *changed)).collect::<Vec<_>>()
    );
    let versions: Vec<_> = published.iter().map(|event| event["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, (1..=10).collect::<Vec<_>>(), "no version is missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_not_verified_publishes_its_expiry_and_erasure() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    client.advance(WEEK + 60).await;
    let published = own_events(&client.published_events(&id).await);
    assert_eq!(event_types(&published), ["customer_created", "customer_expired", "customer_erased"]);
    assert_eq!(published[2]["status"], "expired");
}

/// Invariant I6: no personal data is left.
#[tokio::test(flavor = "multi_thread")]
async fn agent_and_key_events_name_the_changed_fields_without_values() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok()["id"].clone();
    let before = client.published_events(&id).await.len();
    let body = json!({ "username": "bob@example.com", "password": PASSWORD, "name": "Bob Robertson", "permission": 0x40, "addresses": [] });
    let bob = ann.post("/v1.0/agents", body).await.ok()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1.0/agents/{bob}");
    let address =
        json!({ "type": "tel", "target": "+15551234567", "target_name": "", "name": "desk", "detail": "" });
    for (subpath, body) in [
        ("", json!({ "name": "Robert Robertson", "detail": "in the field" })),
        ("/permission", json!({ "permission": 0x20 })),
        ("/password", json!({ "password": "another long password" })),
        ("/status", json!({ "status": "busy" })),
        ("/addresses", json!({ "addresses": [address] })),
        ("/tag_ids", json!({ "tag_ids": [tag] })),
    ] {
        ann.put(&format!("{path}{subpath}"), body).await.ok();
    }
    ann.delete(&path).await.ok();
    let key = ann.post("/v1.0/accesskeys", json!({ "name": "continuous integration" })).await.ok();
    let path = format!("/v1.0/accesskeys/{}", key["id"].as_str().unwrap());
    ann.put(&path, json!({ "name": "continuous delivery" })).await.ok();
    ann.with_token(key["token"].as_str().unwrap()).get("/v1.0/me").await.ok();
    ann.delete(&path).await.ok();

    let published = client.published_events(&id).await.split_off(before);
    assert_ordered(&published);
    let summaries: Vec<_> =
        published.iter().map(|event| (event["type"].as_str().unwrap(), event["changed"].clone())).collect();
    let expected = [
        ("agent_created", json!([])),
        ("agent_updated", json!(["detail", "name"])),
        ("agent_updated", json!(["administrator", "permission"])),
        ("agent_updated", json!(["password"])),
        ("agent_updated", json!(["status"])),
        ("agent_updated", json!(["addresses"])),
        ("agent_updated", json!(["tag_ids"])),
        ("agent_deleted", json!(["administrator"])),
        ("accesskey_created", json!([])),
        ("accesskey_updated", json!(["name"])),
        ("accesskey_deleted", json!([])),
    ];
    assert_eq!(summaries, expected, "using a key publishes no event");
    assert!(published[..8].iter().all(|event| event["resource_id"] == *bob));
    let text = json!(published).to_string();
    let token = key["token"].as_str().unwrap();
    for value in ["bob@", "Robert", "field", "+1555", "busy", "another", "argon2", "continuous", token] {
        assert!(!text.contains(value), "{value} in {text}");
    }
}

/// Invariant I4: no lost event.
#[tokio::test(flavor = "multi_thread")]
async fn replaying_the_streams_publishes_the_same_events() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok()["id"].as_str().unwrap().to_owned();
    ann.put(&format!("/v1.0/tags/{tag}"), json!({ "name": "very important" })).await.ok();
    ann.delete(&format!("/v1.0/tags/{tag}")).await.ok();
    let platform_admin = client.platform_admin().await;
    platform_admin.post(&format!("/v1.0/customers/{id}/freeze"), json!({})).await.ok();
    platform_admin.delete(&format!("/v1.0/customers/{id}")).await.ok();
    let published = client.published_events(&id).await;
    let is_from_stream = |event: &&Value| event["type"] != "operations_terminate";
    let published: BTreeSet<String> = published.iter().filter(is_from_stream).map(Value::to_string).collect();
    assert!(published.iter().any(|event| event.contains("customer_erased")));

    let (app, tables) = (TestApp::default(), Tables(client.engine().clone()));
    // One record at a time, and all records of a stream in one batch.
    for size in [1, 1000] {
        for table in ["customers", "outbox", "deletions"] {
            for batch in tables.stream_records(table).chunks(size) {
                let event: StreamEvent = serde_json::from_value(json!({ "Records": batch })).unwrap();
                let handler = custodian_fn_customer_events::PublishEvents;
                let response = handle_stream_event(&handler, &app.cx, event, app.invocation_deadline()).await;
                assert!(response.batch_item_failures.is_empty());
            }
        }
        let events = std::mem::take(&mut app.cx.services.state().events);
        let replayed = events.iter().map(|event| serde_json::to_value(event).unwrap());
        let replayed: BTreeSet<_> =
            replayed.filter(|event| event["customer_id"] == *id).map(|event| event.to_string()).collect();
        assert_eq!(replayed, published);
    }
}
