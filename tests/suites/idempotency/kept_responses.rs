//! The responses that are kept for repetitions: their size, its daily limit, and those of earlier versions.

use custodian_app::ports::{EarlierRecord, Idempotency};
use custodian_app::request_conditions::IdempotencyLease;
use custodian_tests::{Client, Response, Tables, TestApp};
use serde_json::{Value, json};

fn tables(client: &Client) -> Tables {
    Tables(client.engine().clone())
}

async fn post(client: &Client, key: &str, body: &Value) -> Response {
    let request = client.request(reqwest::Method::POST, "/v1.0/flows").header("idempotency-key", key);
    client.send(request.json(body)).await
}

fn flow() -> Value {
    json!({ "name": "large", "actions": [{ "type": "talk", "option": { "text": "\"".repeat(16_000) } }] })
}

/// The bytes of a value of an item: binary values are base64 in JSON.
fn bytes(value: &Value) -> usize {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    let length = value.as_str().map_or(1, str::len);
    if kind == "B" { length / 4 * 3 } else { length }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_response_takes_little_more_than_its_body() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let body = flow();
    let first = post(&ann, "k-1", &body).await;
    let rows = tables(&client).scan("idempotency");
    let stored: usize =
        rows[0].as_object().unwrap().iter().map(|(name, value)| name.len() + bytes(value)).sum();
    assert!(stored < first.text.len() + 512, "{stored} bytes for a response of {}", first.text.len());
    let again = post(&ann, "k-1", &body).await;
    assert_eq!((again.ok(), &again.headers["etag"]), (first.ok(), &first.headers["etag"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_of_an_earlier_version_is_repeated() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let first = post(&ann, "k-1", &flow()).await;
    // Earlier versions stored the ciphertext as base64.
    let mut rows = tables(&client).scan("idempotency");
    rows[0]["answer"] = json!({ "S": rows[0]["answer"]["B"] });
    tables(&client).insert("idempotency", &rows);
    assert_eq!(post(&ann, "k-1", &flow()).await.ok(), first.ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_keeps_a_limited_number_of_bytes_a_day() {
    let client = Client::start().await;
    let (customer, ann) = client.tenant("ann").await;
    let ann = ann.with_access_key().await;
    post(&ann, "k-1", &flow()).await.ok();
    let mut gates = tables(&client).query("usage", "customer_id", &customer);
    gates.retain(|row| row["key"]["S"].as_str().unwrap().starts_with("gate#"));
    let day = gates.iter().find_map(|gate| gate.get("kept_day")).expect("a gate counts the response").clone();
    for gate in &mut gates {
        gate["kept_day"] = day.clone();
        gate["kept_bytes"] = json!({ "N": (8 * 1024 * 1024 - 4096).to_string() });
    }
    tables(&client).insert("usage", &gates);
    let created = post(&ann, "k-2", &flow()).await.ok();
    ann.get(&format!("/v1.0/flows/{}", created["id"].as_str().unwrap())).await.ok();
    let small = json!({ "name": "small" });
    let first = post(&ann, "k-3", &small).await.ok();
    assert_eq!(post(&ann, "k-3", &small).await.ok(), first, "small responses are always kept");
    assert_eq!(post(&ann, "k-2", &flow()).await.refusal(), (409, "IDEMPOTENT_ANSWER_LOST".into()));
    client.advance(86_400).await;
    let first = post(&ann, "k-4", &flow()).await.ok();
    assert_eq!(post(&ann, "k-4", &flow()).await.ok(), first, "on the next day");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_large_responses_that_are_the_first_of_a_day_are_both_kept() {
    let app = TestApp::default();
    let (id, large) = (app.active_account("ann").await, "A".repeat(8000));
    let lease = |key: &str| IdempotencyLease {
        customer_id: id,
        key: key.to_owned(),
        lease_id: format!("lease of {key}"),
    };
    for key in ["k-1", "k-2"] {
        let earlier = EarlierRecord { key: "earlier", body_mac: "mac" };
        app.cx.store.begin(&lease(key), "mac", earlier, app.cx.now()).await.unwrap();
    }
    let (other, second, response) = (app.clone(), lease("k-2"), large.clone());
    // The calls: add to the bytes of the day, which fails, and start the day.
    let _expected = app.fault_injector.before_call(1, move || {
        let stored = other.cx.store.store_response(&second, id, &response, other.cx.now());
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(stored)).unwrap();
    });
    app.cx.store.store_response(&lease("k-1"), id, &large, app.cx.now()).await.unwrap();
    let rows = app.tables.scan("idempotency");
    assert_eq!(rows.iter().filter(|row| row.get("answer").is_some()).count(), 2, "{rows:?}");
}
