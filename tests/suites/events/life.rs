//! Every change of an account, its agents and its keys is told, once, in order, and without a value.

use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::dynamodb::Event as StreamEvent;
use custodian_events::consume;
use custodian_tests::tables::PREFIX;
use custodian_tests::{Bench, Client, PASSWORD, Tables};
use serde_json::{Value, json};

use crate::{events, types};

const WEEK: u64 = 7 * 86_400;

/// The account's own events.
fn own(events: &[Value]) -> Vec<Value> {
    let is_own = |event: &&Value| event["type"].as_str().unwrap().starts_with("customer_");
    events.iter().filter(is_own).cloned().collect()
}

/// Each row's events have ids of their own and are in order of version.
#[track_caller]
fn assert_ordered(events: &[Value]) {
    let mut ids = BTreeSet::new();
    let mut last: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for event in events.iter().filter(|event| event["type"] != "operations_terminate") {
        assert!(ids.insert(event["id"].to_string()), "an id of its own: {event}");
        let version = event["version"].as_u64().unwrap();
        let time = event["time"].as_str().unwrap().to_owned();
        if let Some((before, then)) = last.insert(event["resource_id"].to_string(), (version, time.clone())) {
            assert!(
                before < version && crate::micros(&json!(then)) <= crate::micros(&json!(time)),
                "{event}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_an_account_is_told_in_the_order_of_its_versions() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    ann.put("/v1.0/customer", json!({ "name": "Acme Corporation", "address": "123 Main St" })).await.ok();
    ann.put("/v1.0/customer", json!({ "name": "Acme Corporation" })).await.ok();
    ann.put("/v1.0/customer", json!({ "email": "anna@example.com" })).await.ok();
    let operator = client.operator().await;
    operator.put(&format!("/v1.0/customers/{id}/plan"), json!({ "plan": "basic" })).await.ok();
    for verb in ["freeze", "recover", "freeze"] {
        operator.post(&format!("/v1.0/customers/{id}/{verb}"), json!({})).await.ok();
    }
    operator.delete(&format!("/v1.0/customers/{id}")).await.ok();
    let told = events(&client, &id).await;
    assert_ordered(&told);
    let told = own(&told);
    let said: Vec<_> =
        told.iter().map(|event| (&event["type"], &event["status"], &event["changed"])).collect();
    let expected = [
        ("customer_created", "initial", json!([])),
        ("customer_verified", "active", json!(["billing_account_id", "email_verified", "status"])),
        ("customer_updated", "active", json!(["name", "address"])),
        ("customer_updated", "active", json!(["pending_email"])),
        ("customer_updated", "active", json!(["plan"])),
        ("customer_frozen", "frozen", json!(["pending_email", "status", "tm_deletion_scheduled"])),
        ("customer_recovered", "active", json!(["status", "tm_deletion_scheduled"])),
        ("customer_frozen", "frozen", json!(["status", "tm_deletion_scheduled"])),
        ("customer_deleted", "deleted", json!(["status"])),
        ("customer_erased", "deleted", json!([])),
    ];
    let expected: Vec<_> =
        expected.iter().map(|(kind, status, changed)| (json!(kind), json!(status), changed)).collect();
    assert_eq!(
        said,
        expected.iter().map(|(kind, status, changed)| (kind, status, *changed)).collect::<Vec<_>>()
    );
    let versions: Vec<_> = told.iter().map(|event| event["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, (1..=10).collect::<Vec<_>>(), "without a gap");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_nobody_verifies_expires_and_is_erased() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    client.advance(WEEK + 60).await;
    let told = own(&events(&client, &id).await);
    assert_eq!(types(&told), ["customer_created", "customer_expired", "customer_erased"]);
    assert_eq!(told[2]["status"], "expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_and_keys_are_told_by_the_names_of_what_changed() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok()["id"].clone();
    let before = events(&client, &id).await.len();
    let body = json!({ "username": "bob@example.com", "password": PASSWORD, "name": "Bob Robertson", "permission": 0x40, "addresses": [] });
    let bob = ann.post("/v1.0/agents", body).await.ok()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1.0/agents/{bob}");
    let address =
        json!({ "type": "tel", "target": "+15551234567", "target_name": "", "name": "desk", "detail": "" });
    for (of, body) in [
        ("", json!({ "name": "Robert Robertson", "detail": "in the field" })),
        ("/permission", json!({ "permission": 0x20 })),
        ("/password", json!({ "password": "another long password" })),
        ("/status", json!({ "status": "busy" })),
        ("/addresses", json!({ "addresses": [address] })),
        ("/tag_ids", json!({ "tag_ids": [tag] })),
    ] {
        ann.put(&format!("{path}{of}"), body).await.ok();
    }
    ann.delete(&path).await.ok();
    let key = ann.post("/v1.0/accesskeys", json!({ "name": "continuous integration" })).await.ok();
    let path = format!("/v1.0/accesskeys/{}", key["id"].as_str().unwrap());
    ann.put(&path, json!({ "name": "continuous delivery" })).await.ok();
    ann.with_token(key["token"].as_str().unwrap()).get("/v1.0/me").await.ok();
    ann.delete(&path).await.ok();

    let told = events(&client, &id).await.split_off(before);
    assert_ordered(&told);
    let said: Vec<_> =
        told.iter().map(|event| (event["type"].as_str().unwrap(), event["changed"].clone())).collect();
    let expected = [
        ("agent_created", json!([])),
        ("agent_updated", json!(["detail", "name"])),
        ("agent_updated", json!(["permission"])),
        ("agent_updated", json!(["password"])),
        ("agent_updated", json!(["status"])),
        ("agent_updated", json!(["addresses"])),
        ("agent_updated", json!(["tag_ids"])),
        ("agent_deleted", json!([])),
        ("accesskey_created", json!([])),
        ("accesskey_updated", json!(["name"])),
        ("accesskey_deleted", json!([])),
    ];
    assert_eq!(said, expected, "and that a key was used is not told");
    assert!(told[..8].iter().all(|event| event["resource_id"] == *bob));
    let text = json!(told).to_string();
    let token = key["token"].as_str().unwrap();
    for value in ["bob@", "Robert", "field", "+1555", "busy", "another", "argon2", "continuous", token] {
        assert!(!text.contains(value), "{value} in {text}");
    }
}

/// The records of a table's stream from its beginning on, as a function gets them.
fn records(tables: &Tables, table: &str) -> Vec<Value> {
    let described = tables.call("DescribeTable", &json!({ "TableName": format!("{PREFIX}{table}") }));
    let arn = &described["Table"]["LatestStreamArn"];
    let stream = tables.call("DescribeStream", &json!({ "StreamArn": arn }));
    let shard = &stream["StreamDescription"]["Shards"][0]["ShardId"];
    let wanted = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let iterator = tables.call("GetShardIterator", &wanted);
    let answer = tables.call("GetRecords", &json!({ "ShardIterator": iterator["ShardIterator"] }));
    let mut records = answer["Records"].as_array().unwrap().clone();
    records.iter_mut().for_each(|record| record["eventSourceARN"] = arn.clone());
    records
}

#[tokio::test(flavor = "multi_thread")]
async fn the_streams_told_again_from_their_beginning_give_the_same_events() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok()["id"].as_str().unwrap().to_owned();
    ann.put(&format!("/v1.0/tags/{tag}"), json!({ "name": "very important" })).await.ok();
    ann.delete(&format!("/v1.0/tags/{tag}")).await.ok();
    let operator = client.operator().await;
    operator.post(&format!("/v1.0/customers/{id}/freeze"), json!({})).await.ok();
    operator.delete(&format!("/v1.0/customers/{id}")).await.ok();
    let published = events(&client, &id).await;
    let of_streams = |event: &&Value| event["type"] != "operations_terminate";
    let published: BTreeSet<String> = published.iter().filter(of_streams).map(Value::to_string).collect();
    assert!(published.iter().any(|event| event.contains("customer_erased")));

    let (bench, tables) = (Bench::default(), Tables(client.engine().clone()));
    // One by one, and all in one batch.
    for size in [1, 1000] {
        for table in ["customers", "outbox", "deletions"] {
            for batch in records(&tables, table).chunks(size) {
                let event: StreamEvent = serde_json::from_value(json!({ "Records": batch })).unwrap();
                let tell = custodian_fn_customer_events::Tell;
                let answer = consume::stream(&tell, &bench.cx, event, bench.later()).await;
                assert!(answer.batch_item_failures.is_empty());
            }
        }
        let held = std::mem::take(&mut bench.cx.ends.held().events);
        let again = held.iter().map(|event| serde_json::to_value(event).unwrap());
        let again: BTreeSet<_> =
            again.filter(|event| event["customer_id"] == *id).map(|event| event.to_string()).collect();
        assert_eq!(again, published);
    }
}
