//! On every route, the service refuses each value that the API description forbids, and the error names the field.
//!
//! In all suites, `custodian_tests::Client` also checks that every response matches the description.

use std::collections::BTreeMap;

use custodian_domain::kinds::routed;
use custodian_tests::{Client, PASSWORD, Response};
use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The route that reads JSON of any media type.
const LOGIN: &str = "/auth/login";

/// An operation of the document.
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) description: Value,
}

impl Operation {
    pub(crate) fn all() -> Vec<Self> {
        let document = custodian_openapi::describe();
        let paths = document["paths"].as_object().unwrap().clone();
        let of_path = |(path, item): (String, Value)| {
            let item = item.as_object().unwrap().clone();
            let operations = item.into_iter().filter(|(name, _)| name != "parameters");
            let described = operations.map(|(method, mut description)| {
                for part in ["requestBody", "parameters"] {
                    if let Some(part) = description.get_mut(part) {
                        resolve(&document, part);
                    }
                }
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                Self { method, path: path.clone(), description }
            });
            described.collect::<Vec<_>>()
        };
        paths.into_iter().flat_map(of_path).collect()
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The schema of its body, if it takes one.
    pub(crate) fn body(&self) -> Option<&Value> {
        self.description.pointer("/requestBody/content/application~1json/schema")
    }

    pub(crate) fn takes(&self, parameter: &str) -> bool {
        let matches = |given: &Value| given["name"] == parameter;
        self.description["parameters"].as_array().is_some_and(|all| all.iter().any(matches))
    }
}

/// Replaces references to named schemas by these schemas.
fn resolve(document: &Value, part: &mut Value) {
    if let Some(place) = part["$ref"].as_str().map(str::to_owned) {
        let mut schema = document.pointer(place.trim_start_matches('#')).unwrap().clone();
        if let (Some(one), Some(other)) = (schema.get("not"), part.get("not")) {
            part["not"] = json!({ "anyOf": [one, other] });
        }
        let beside = part.as_object().unwrap().iter().filter(|(name, _)| *name != "$ref");
        schema.as_object_mut().unwrap().extend(beside.map(|(name, value)| (name.clone(), value.clone())));
        *part = schema;
    }
    match part {
        Value::Object(map) => map.values_mut().for_each(|part| resolve(document, part)),
        Value::Array(items) => items.iter_mut().for_each(|part| resolve(document, part)),
        _ => {}
    }
}

/// A caller for every route, and a row for every path.
pub(crate) struct Fixture {
    platform_admin: Client,
    admin: Client,
    rows: BTreeMap<String, String>,
    /// The id of an address of the contact.
    address: String,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let client = Client::start().await;
        let (customer, admin) = client.tenant("ann").await;
        let plan = format!("/v1.0/customers/{customer}/plan");
        client.platform_admin().await.put(&plan, json!({ "plan": "unlimited" })).await.ok();
        // The first webhook endpoint has the id of its account.
        let mut rows =
            BTreeMap::from([("customers".to_owned(), customer.clone()), ("customer".to_owned(), customer)]);
        let me = admin.get("/v1.0/me").await.ok();
        let key = admin.post("/v1.0/accesskeys", json!({})).await.ok();
        let billing = admin.get("/v1.0/billing_account").await.ok();
        let created = [("agents", me), ("accesskeys", key), ("billing_accounts", billing)];
        rows.extend(created.map(|(route, row)| (route.to_owned(), row["id"].as_str().unwrap().to_owned())));
        for operation in Operation::all().iter().filter(|operation| operation.method == Method::POST) {
            let Some(kind) = routed().find(|kind| operation.path == format!("/v1.0/{}", kind.route)) else {
                continue;
            };
            let row = admin.post(&operation.path, minimal_body(operation.body().unwrap()).into()).await;
            assert!(row.status < 300, "{}: {}", operation.path, row.text);
            rows.insert(kind.route.to_owned(), row.json()["id"].as_str().unwrap().to_owned());
        }
        let addresses = format!("/v1.0/contacts/{}/addresses", rows["contacts"]);
        let contact = admin.post(&addresses, json!({ "type": "tel", "target": "+1" })).await.json();
        let address = contact["addresses"][0]["id"].as_str().unwrap().to_owned();
        Self { platform_admin: client.platform_admin().await, admin, rows, address }
    }

    pub(crate) fn request(&self, operation: &Operation) -> RequestBuilder {
        self.request_with(operation, "")
    }

    pub(crate) fn request_with(&self, operation: &Operation, query: &str) -> RequestBuilder {
        let of_platform_admins = ["/v1.0/customers", "/v1.0/platform", "/auth/delegate"];
        let by_platform_admin = of_platform_admins.iter().any(|prefix| operation.path.starts_with(prefix));
        let caller = if by_platform_admin { &self.platform_admin } else { &self.admin };
        let row = operation.path.split('/').nth(2).and_then(|collection| self.rows.get(collection));
        // If the collection has no row, the path names an id that does not exist.
        let id = row.cloned().unwrap_or_else(|| Uuid::nil().to_string());
        let items = [("{id}", &id), ("{address_id}", &self.address), ("{tag_id}", &self.rows["tags"])];
        let path =
            items.iter().fold(operation.path.clone(), |path, (parameter, id)| path.replace(parameter, id));
        caller.request(operation.method.clone(), &(path + query))
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Response {
        self.admin.send(request).await
    }
}

/// A body with the required fields only.
fn minimal_body(schema: &Value) -> Map<String, Value> {
    let required = schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap());
    required.map(|name| (name.to_owned(), valid_value(&schema["properties"][name]))).collect()
}

/// A value that a schema allows.
fn valid_value(schema: &Value) -> Value {
    let any = schema.get("const").or_else(|| schema["enum"].get(0));
    match (schema["type"].as_str(), schema["format"].as_str()) {
        _ if any.is_some() => any.cloned().unwrap(),
        (_, Some("email")) => json!("new@example.com"),
        (_, Some("uuid")) => json!(Uuid::nil()),
        (Some("integer"), _) => schema["minimum"].clone(),
        (Some("boolean"), _) => json!(true),
        (Some("array"), _) => json!([]),
        _ if schema["pattern"].as_str().is_some_and(|pattern| pattern.starts_with(r"^\+")) => {
            json!("+15550001111")
        }
        _ => json!("some-words-or-other"),
    }
}

/// Values that a schema forbids.
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
async fn every_value_that_the_description_forbids_is_refused_by_field_name() {
    let (fixture, mut accepted) = (Fixture::new().await, Vec::new());
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
                accepted.push(format!(
                    "{} {name} = {value:?}: {} {}",
                    operation.name(),
                    response.status,
                    response.text
                ));
            }
        }
    }
    assert!(accepted.is_empty(), "{}", accepted.join("\n"));
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
async fn a_body_with_another_content_type_is_refused_wherever_a_body_is_described() {
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
async fn query_parameters_are_validated_wherever_they_are_described() {
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

/// Requests the responses that no other suite covers. The client checks each of them against the description.
#[tokio::test(flavor = "multi_thread")]
async fn the_remaining_responses_match_the_description() {
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
