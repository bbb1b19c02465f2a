//! On every route with a JSON body, the service refuses values that the API description forbids, and the error names the field.
//!
//! In all suites, `custodian_tests::Client::send` also checks that every response of the API matches the description.

use custodian_tests::{Client, PASSWORD, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::described_operations::{Fixture, Operation, minimal_body};

/// The route that reads JSON of any media type.
const LOGIN: &str = "/auth/login";

/// Some values that a schema forbids.
fn invalid_values(schema: &Value) -> Vec<Value> {
    match schema["anyOf"].as_array().map(Vec::as_slice) {
        Some([schema, null]) if null["type"] == "null" => invalid_values_except_null(schema),
        Some([.., null]) if null["type"] == "null" => invalid_values_except_null(schema),
        _ => [vec![Value::Null], invalid_values_except_null(schema)].concat(),
    }
}

fn invalid_values_except_null(schema: &Value) -> Vec<Value> {
    let mut invalid_values = Vec::new();
    invalid_values.push(if schema["type"] == "object" { json!("x") } else { json!({ "x": 1 }) });
    if let Some(max) = schema["x-max-bytes"].as_u64().or(schema["maxLength"].as_u64()) {
        // Each repetition has two bytes, or two characters if the limit counts characters.
        let letter = if schema["x-max-bytes"].is_u64() { "é" } else { "eé" };
        invalid_values.push(json!(letter.repeat(usize::try_from(max / 2 + 1).unwrap())));
        invalid_values.push(json!("a\u{7}bcdefghijk"));
    }
    if let Some(min) = schema["minLength"].as_u64() {
        invalid_values.push(json!("x".repeat(usize::try_from(min - 1).unwrap())));
    }
    invalid_values.extend(schema["minimum"].as_i64().map(|min| json!(min - 1)));
    invalid_values.extend(schema["maximum"].as_i64().map(|max| json!(max + 1)));
    invalid_values.extend((schema["type"] == "integer").then(|| json!(32.5)));
    invalid_values.extend(schema.get("enum").map(|_| json!("nonsense")));
    invalid_values.extend(schema.get("const").map(|_| json!(false)));
    invalid_values.extend(schema.get("format").map(|_| json!("nonsense")));
    invalid_values.extend(schema.get("pattern").map(|_| json!("f t p")));
    if let Some(max) = schema["maxItems"].as_u64() {
        let item = |n: u64| match (&schema["items"]["format"], &schema["items"]["enum"][0]) {
            (Value::Null, Value::Null) => json!({ "type": "tel", "target": format!("+{n}") }),
            (Value::Null, choice) => choice.clone(),
            _ => json!(Uuid::from_u128(u128::from(n) + 1)),
        };
        invalid_values.push((0..=max).map(item).collect());
        invalid_values.extend((schema["uniqueItems"] == true).then(|| json!([item(0), item(0)])));
        invalid_values.push(json!([null]));
        invalid_values.push(json!([{}]));
    }
    invalid_values
}

/// Whether an error response names this field.
fn names_field(response: &Response, field: &str) -> bool {
    let details = response.json()["error"]["details"].clone();
    let named = details.as_array().into_iter().flatten().any(|detail| detail["field"] == field);
    response.status == 400 && (named || response.reason().ends_with(&field.to_uppercase()))
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_the_description_forbids_are_refused_by_field_name() {
    let (fixture, mut wrong) = (Fixture::new().await, Vec::new());
    for operation in Operation::all() {
        let Some(schema) = operation.body() else { continue };
        let minimal_body = minimal_body(schema);
        let without = minimal_body.keys().map(|name| (name.clone(), None));
        let fields = schema["properties"].as_object().unwrap().iter();
        let with = fields.flat_map(|(name, field)| {
            invalid_values(field).into_iter().map(|value| (name.clone(), Some(value)))
        });
        for (name, value) in without.chain(with) {
            let mut body = minimal_body.clone();
            match &value {
                None => body.remove(&name),
                Some(value) => body.insert(name.clone(), value.clone()),
            };
            let response = fixture.send(fixture.request(&operation).json(&body)).await;
            if !names_field(&response, &name) {
                wrong.push(format!(
                    "{} {name} = {value:?}: {} {}",
                    operation.name(),
                    response.status,
                    response.text
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_optional_field_of_a_body_may_be_null_and_no_required_field() {
    for operation in Operation::all() {
        let Some(schema) = operation.body() else { continue };
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, field) in schema["properties"].as_object().unwrap() {
            let is_nullable =
                field["anyOf"].as_array().is_some_and(|any| any.iter().any(|one| one["type"] == "null"));
            assert_eq!(is_nullable, !required.contains(&json!(name)), "{} {name}", operation.name());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_body_is_refused_wherever_a_body_is_described_but_at_sign_in() {
    let fixture = Fixture::new().await;
    let has_media_type = |operation: &&Operation| operation.body().is_some() && operation.path != LOGIN;
    for operation in Operation::all().iter().filter(has_media_type) {
        let response =
            fixture.send(fixture.request(operation).header("content-type", "text/plain").body("{}")).await;
        assert_eq!(response.refusal(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()), "{}", operation.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn preconditions_and_idempotency_keys_apply_wherever_they_are_described() {
    let fixture = Fixture::new().await;
    for operation in Operation::all() {
        let body = operation.body().map(minimal_body).unwrap_or_default();
        if operation.takes("If-Match") {
            let response =
                fixture.send(fixture.request(&operation).header("if-match", "\"0\"").json(&body)).await;
            assert_eq!(response.refusal(), (412, "PRECONDITION_FAILED".to_owned()), "{}", operation.name());
        }
        if operation.takes("Idempotency-Key") {
            let response =
                fixture.send(fixture.request(&operation).header("idempotency-key", "a b").json(&body)).await;
            assert!(names_field(&response, "Idempotency-Key"), "{}: {}", operation.name(), response.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn page_status_tag_and_token_parameters_are_validated_wherever_they_are_described() {
    let fixture = Fixture::new().await;
    fixture.admin.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    let reset = fixture.admin.mailed_token("ann@example.com").await;
    fixture.admin.open_account("unverified").await;
    let verify = fixture.admin.mailed_token("unverified@example.com").await;
    let (_, leaving) = fixture.admin.tenant("leaving").await;
    let left = leaving.post("/auth/unregister", json!({ "password": PASSWORD })).await;
    let link = left.headers["link"].to_str().unwrap();
    let deletion = link.split_once("token=").unwrap().1.chars().take(64).collect();
    for operation in Operation::all() {
        for parameter in ["page_size", "page_token", "status", "tag_ids"] {
            if operation.takes(parameter) {
                let response =
                    fixture.send(fixture.request_with(&operation, &format!("?{parameter}=nonsense"))).await;
                assert!(
                    names_field(&response, parameter),
                    "{} {parameter}: {}",
                    operation.name(),
                    response.text
                );
            }
        }
        if operation.takes("token") {
            let token = match &*operation.path {
                "/auth/email-verify" => &verify,
                "/auth/deletion" => &deletion,
                _ => &reset,
            };
            let query = format!("?token={token}");
            assert_eq!(fixture.send(fixture.request_with(&operation, &query)).await.status, 200);
            assert_eq!(fixture.send(fixture.request(&operation)).await.status, 400, "{}", operation.name());
        }
    }
}

/// The client checks each of the responses against the description.
#[tokio::test(flavor = "multi_thread")]
async fn responses_about_billing_accounts_and_webhooks_match_the_description() {
    let (_, ann) = Client::start().await.tenant("ann").await;
    let billing = ann.get("/v1.0/billing_account").await.ok()["id"].clone();
    ann.put("/v1.0/customer/billing_account_id", json!({ "billing_account_id": billing })).await.ok();
    // No webhook is sent, because only public addresses are allowed.
    ann.put("/v1.0/customer", json!({ "webhook_uri": "http://localhost/" })).await.ok();
    ann.post("/v1.0/customer/webhook/rotate", json!({})).await.ok();
    ann.get("/v1.0/customer/webhook").await.ok();
    let id = ann.post("/v1.0/customer/webhook/test", json!({})).await.ok()["id"].clone();
    ann.idle().await;
    let listed = ann.get("/v1.0/customer/webhook/deliveries").await.ok();
    assert!(listed["result"].as_array().unwrap().iter().any(|delivery| delivery["id"] == id), "{listed}");
    let path = format!("/v1.0/customer/webhook/deliveries/{}/redeliver", id.as_str().unwrap());
    ann.post(&path, json!({})).await.ok();
}
