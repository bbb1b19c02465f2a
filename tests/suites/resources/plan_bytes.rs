//! Plan limits of bytes: how the bytes of rows are counted, and which writes an account without enough bytes left cannot make.

use custodian_domain::Plan;
use custodian_domain::kinds::{TAGS, TRANSCRIPTIONS};
use custodian_tests::{Client, PASSWORD, Response, Tables};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::sample_values::{create, full_body, kinds, minimal_body, row_path, set_plan, tenant_on_plan};

fn tables(client: &Client) -> Tables {
    Tables(client.engine().clone())
}

fn number(value: &Value) -> i64 {
    value["N"].as_str().map_or(0, |digits| digits.parse().unwrap())
}

/// The size of an attribute value by DynamoDB's rules.
fn value_bytes(value: &Value) -> i64 {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    let length = |text: &str| i64::try_from(text.len()).unwrap();
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => length(text),
        ("N", Value::String(digits)) => length(digits) / 2 + 1,
        ("L", Value::Array(values)) => 3 + values.iter().map(|value| 1 + value_bytes(value)).sum::<i64>(),
        ("M", Value::Object(_)) => {
            3 + item_bytes(value) + i64::try_from(value.as_object().unwrap().len()).unwrap()
        }
        _ => 1,
    }
}

fn item_bytes(item: &Value) -> i64 {
    let attributes = item.as_object().unwrap().iter();
    attributes.map(|(name, value)| i64::try_from(name.len()).unwrap() + value_bytes(value)).sum()
}

/// The bytes of those stored rows of an account that count: the rows of the kinds except agents and billing accounts.
fn stored_bytes(client: &Client, customer: &str) -> i64 {
    let rows = kinds().flat_map(|kind| tables(client).query(kind.table, "customer_id", customer));
    rows.map(|row| item_bytes(&row)).sum()
}

fn gates(client: &Client, customer: &str) -> Vec<Value> {
    let rows = tables(client).query("usage", "customer_id", customer);
    rows.into_iter().filter(|row| row["key"]["S"].as_str().unwrap().starts_with("gate#")).collect()
}

/// The bytes that the gates count, and those that they still permit.
fn counted(client: &Client, customer: &str) -> (i64, i64) {
    let sum = |name: &str| gates(client, customer).iter().map(|gate| number(&gate[name])).sum();
    (sum("bytes"), sum("bytes_left"))
}

/// Sets how many more bytes each gate permits.
fn leave_bytes(client: &Client, customer: &str, left: [i64; 8]) {
    let mut rows = gates(client, customer);
    for (row, left) in rows.iter_mut().zip(left) {
        row["bytes_left"] = json!({ "N": left.to_string() });
    }
    tables(client).insert("usage", &rows);
}

/// A flow with a text of this many bytes. Its row is at least a third larger, since actions are stored encrypted, in base64.
fn flow(bytes: usize) -> Value {
    json!({ "name": "flow", "actions": [{ "type": "talk", "option": { "text": "x".repeat(bytes) } }] })
}

#[track_caller]
fn assert_full(response: &Response) {
    assert_eq!(response.refusal(), (429, "RESOURCE_LIMIT_EXCEEDED".into()));
    assert!(response.text.contains("total size"), "{}", response.text);
    assert!(
        !response.headers.contains_key("retry-after") && !response.headers.contains_key("ratelimit-limit")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counted_bytes_are_those_of_the_stored_rows() {
    let client = Client::start().await;
    let (customer, ann) = tenant_on_plan(&client, "ann", "basic").await;
    let max = i64::try_from(Plan::Basic.max_bytes().unwrap()).unwrap();
    let assert_counted = async || {
        let stored = stored_bytes(&client, &customer);
        assert_eq!(counted(&client, &customer), (stored, max - stored));
        let usage = ann.get("/v1.0/customer/usage").await.ok();
        assert_eq!((&usage["bytes"], &usage["max_bytes"]), (&json!(stored), &json!(max)));
        stored
    };
    assert_eq!(assert_counted().await, 0);
    let mut rows = Vec::new();
    for kind in kinds() {
        let row = create(&ann, kind, minimal_body(kind, 1)).await;
        ann.put(&row_path(kind, &row), Value::Object(full_body(kind, 2, false))).await.ok();
        rows.push((kind, row));
    }
    assert!(assert_counted().await > 1000);
    let transcription = rows.iter().find(|(kind, _)| kind.table == TRANSCRIPTIONS.table).unwrap();
    ann.post(&format!("{}/stop", row_path(transcription.0, &transcription.1)), json!({})).await.ok();
    ann.post("/v1.0/agents", json!({ "username": "bob", "password": PASSWORD, "permission": 16 })).await.ok();
    assert_counted().await;
    for (kind, row) in rows {
        ann.delete(&row_path(kind, &row)).await.ok();
    }
    assert_eq!(assert_counted().await, 0, "a deletion gives the bytes back");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_beyond_the_bytes_of_the_plan_are_refused() {
    let client = Client::start().await;
    let (customer, ann) = client.tenant("ann").await;
    leave_bytes(&client, &customer, [100; 8]);
    assert_full(&ann.post("/v1.0/flows", flow(5000)).await);
    // Another gate is charged if the row's own gate has too few bytes left.
    leave_bytes(&client, &customer, [100, 100, 100, 100, 100, 16_000, 100, 100]);
    let responses = join_all((0..16).map(|_| ann.post("/v1.0/flows", flow(5000)))).await;
    let created: Vec<_> = responses.iter().filter(|response| response.status == 200).collect();
    assert_eq!(created.len(), 2, "two of these rows fit");
    responses.iter().filter(|response| response.status != 200).for_each(assert_full);
    let flow_path = format!("/v1.0/flows/{}", created[0].json()["id"].as_str().unwrap());
    assert_full(&ann.put(&flow_path, flow(20_000)).await);
    ann.put(&flow_path, flow(10)).await.ok();
    ann.put(&flow_path, flow(4000)).await.ok();
    set_plan(&client, &customer, "basic").await;
    ann.post("/v1.0/flows", flow(5000)).await.ok();
    let stored = stored_bytes(&client, &customer);
    let max = i64::try_from(Plan::Basic.max_bytes().unwrap()).unwrap();
    assert_eq!(counted(&client, &customer), (stored, max - stored));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_smaller_plan_refuses_more_bytes() {
    let client = Client::start().await;
    let (customer, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    assert_eq!(ann.get("/v1.0/customer/usage").await.ok()["max_bytes"], Value::Null);
    let mut rows = gates(&client, &customer);
    for row in &mut rows {
        row["bytes"] = json!({ "N": "2097152" });
    }
    tables(&client).insert("usage", &rows);
    create(&ann, &TAGS, minimal_body(&TAGS, 1)).await;
    set_plan(&client, &customer, "free").await;
    assert_full(&ann.post("/v1.0/tags", minimal_body(&TAGS, 2)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn gates_of_an_earlier_version_permit_any_bytes_until_a_recount() {
    let client = Client::start().await;
    let (customer, ann) = client.tenant("ann").await;
    let row = create(&ann, &TAGS, minimal_body(&TAGS, 1)).await;
    let mut rows = gates(&client, &customer);
    for row in &mut rows {
        row.as_object_mut().unwrap().retain(|name, _| !name.starts_with("bytes"));
    }
    tables(&client).insert("usage", &rows);
    ann.post("/v1.0/flows", flow(5000)).await.ok();
    ann.delete(&row_path(&TAGS, &row)).await.ok();
    client.service().recount(customer.parse().unwrap()).await.unwrap();
    let (stored, max) = (stored_bytes(&client, &customer), Plan::Free.max_bytes().unwrap());
    assert_eq!(counted(&client, &customer), (stored, i64::try_from(max).unwrap() - stored));
    let before = tables(&client).query("usage", "customer_id", &customer);
    client.service().recount(customer.parse().unwrap()).await.unwrap();
    assert_eq!(tables(&client).query("usage", "customer_id", &customer), before, "right counts stay");
}
