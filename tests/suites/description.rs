//! The description of the API says no more than is so: what it forbids is refused, by name, on every route.
//!
//! That it says no less is held against every answer of every suite, as `custodian_tests::Client` gets it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use custodian_domain::kinds::routed;
use custodian_tests::{Answer, Client};
use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// An operation of the document.
struct Operation {
    method: Method,
    path: String,
    description: Value,
}

impl Operation {
    fn all() -> Vec<Self> {
        let document = custodian_openapi::describe();
        let paths = document["paths"].as_object().unwrap().clone();
        let of_path = |(path, item): (String, Value)| {
            let item = item.as_object().unwrap().clone();
            item.into_iter().filter(|(name, _)| name != "parameters").map(move |(method, description)| Self {
                method: Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(),
                path: path.clone(),
                description,
            })
        };
        paths.into_iter().flat_map(of_path).collect()
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The schema of its body, if it takes one.
    fn body(&self) -> Option<&Value> {
        self.description.pointer("/requestBody/content/application~1json/schema")
    }

    fn takes(&self, parameter: &str) -> bool {
        let is_it = |given: &Value| {
            let reference = given["$ref"].as_str().and_then(|place| place.rsplit('/').next());
            given["name"].as_str().or(reference) == Some(parameter)
        };
        self.description["parameters"].as_array().is_some_and(|all| all.iter().any(is_it))
    }
}

/// Somebody for every route, and a row for every path.
struct Stage {
    operator: Client,
    admin: Client,
    rows: BTreeMap<String, String>,
}

impl Stage {
    async fn set() -> Self {
        let client = Client::start().await;
        let (customer, admin) = client.tenant("ann").await;
        let mut rows = BTreeMap::from([("customers".to_owned(), customer)]);
        let me = admin.get("/v1.0/me").await.ok();
        let key = admin.post("/v1.0/accesskeys", json!({})).await.ok();
        let billing = admin.get("/v1.0/billing_account").await.ok();
        let made = [("agents", me), ("accesskeys", key), ("billing_accounts", billing)];
        rows.extend(made.map(|(route, row)| (route.to_owned(), row["id"].as_str().unwrap().to_owned())));
        for operation in Operation::all().iter().filter(|operation| operation.method == Method::POST) {
            let Some(kind) = routed().find(|kind| operation.path == format!("/v1.0/{}", kind.route)) else {
                continue;
            };
            let row = admin.post(&operation.path, valid(operation.body().unwrap()).into()).await;
            assert!(row.status < 300, "{}: {}", operation.path, row.text);
            rows.insert(kind.route.to_owned(), row.json()["id"].as_str().unwrap().to_owned());
        }
        Self { operator: client.operator().await, admin, rows }
    }

    fn request(&self, operation: &Operation) -> RequestBuilder {
        self.request_with(operation, "")
    }

    fn request_with(&self, operation: &Operation, query: &str) -> RequestBuilder {
        let by_operator = operation.path.starts_with("/v1.0/customers") || operation.path == "/auth/delegate";
        let caller = if by_operator { &self.operator } else { &self.admin };
        let row = operation.path.split('/').nth(2).and_then(|collection| self.rows.get(collection));
        // A path of which there is no row here names one that is not there.
        let path = operation.path.replace("{id}", &row.cloned().unwrap_or_else(|| Uuid::nil().to_string()));
        caller.request(operation.method.clone(), &(path + query))
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        self.admin.send(request).await
    }
}

/// A body with what is required and nothing else.
fn valid(schema: &Value) -> Map<String, Value> {
    let required = schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap());
    required.map(|name| (name.to_owned(), example(&schema["properties"][name]))).collect()
}

/// A value that a schema allows.
fn example(schema: &Value) -> Value {
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
fn wrong(schema: &Value) -> Vec<Value> {
    let mut wrong = vec![Value::Null];
    wrong.push(if schema["type"] == "object" { json!("x") } else { json!({ "x": 1 }) });
    if let Some(most) = schema["x-max-bytes"].as_u64().or(schema["maxLength"].as_u64()) {
        // Two bytes each, but for a limit that counts characters.
        let letter = if schema["x-max-bytes"].is_u64() { "é" } else { "eé" };
        wrong.push(json!(letter.repeat(usize::try_from(most / 2 + 1).unwrap())));
        wrong.push(json!("a\u{7}bcdefghijk"));
    }
    if let Some(least) = schema["minLength"].as_u64() {
        wrong.push(json!("x".repeat(usize::try_from(least - 1).unwrap())));
    }
    wrong.extend(schema["minimum"].as_i64().map(|least| json!(least - 1)));
    wrong.extend(schema["maximum"].as_i64().map(|most| json!(most + 1)));
    wrong.extend((schema["type"] == "integer").then(|| json!(32.5)));
    wrong.extend(schema.get("enum").map(|_| json!("nonsense")));
    wrong.extend(schema.get("const").map(|_| json!(false)));
    wrong.extend(schema.get("format").map(|_| json!("nonsense")));
    wrong.extend(schema.get("pattern").map(|_| json!("f t p")));
    if let Some(most) = schema["maxItems"].as_u64() {
        let item = |n: u64| match (&schema["items"]["format"], &schema["items"]["enum"][0]) {
            (Value::Null, Value::Null) => json!({ "type": "tel", "target": format!("+{n}") }),
            (Value::Null, choice) => choice.clone(),
            _ => json!(Uuid::from_u128(u128::from(n) + 1)),
        };
        wrong.push((0..=most).map(item).collect());
        wrong.extend((schema["uniqueItems"] == true).then(|| json!([item(0), item(0)])));
        wrong.push(json!([null]));
        wrong.push(json!([{}]));
    }
    wrong
}

/// Whether a refusal is about this field.
fn names(answer: &Answer, field: &str) -> bool {
    let details = answer.json()["error"]["details"].clone();
    let named = details.as_array().into_iter().flatten().any(|detail| detail["field"] == field);
    answer.status == 400 && (named || answer.reason().ends_with(&field.to_uppercase()))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_body_must_not_say_is_refused_by_the_name_of_its_field() {
    let (stage, mut accepted) = (Stage::set().await, Vec::new());
    for operation in Operation::all() {
        let Some(schema) = operation.body() else { continue };
        let valid = valid(schema);
        let without = valid.keys().map(|name| (name.clone(), None));
        let fields = schema["properties"].as_object().unwrap().iter();
        let with = fields
            .flat_map(|(name, field)| wrong(field).into_iter().map(|value| (name.clone(), Some(value))));
        for (name, value) in without.chain(with) {
            let mut body = valid.clone();
            match &value {
                None => body.remove(&name),
                Some(value) => body.insert(name.clone(), value.clone()),
            };
            let answer = stage.send(stage.request(&operation).json(&body)).await;
            if !names(&answer, &name) {
                accepted.push(format!(
                    "{} {name} = {value:?}: {} {}",
                    operation.name(),
                    answer.status,
                    answer.text
                ));
            }
        }
    }
    assert!(accepted.is_empty(), "{}", accepted.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_declared_as_json_is_refused_wherever_one_is_taken() {
    let stage = Stage::set().await;
    for operation in Operation::all().iter().filter(|operation| operation.body().is_some()) {
        let answer =
            stage.send(stage.request(operation).header("content-type", "text/plain").body("{}")).await;
        assert_eq!(answer.refusal(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()), "{}", operation.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_and_keys_count_wherever_they_are_described() {
    let stage = Stage::set().await;
    for operation in Operation::all() {
        let body = operation.body().map(valid).unwrap_or_default();
        if operation.takes("If-Match") {
            let answer = stage.send(stage.request(&operation).header("if-match", "\"0\"").json(&body)).await;
            assert_eq!(answer.refusal(), (412, "PRECONDITION_FAILED".to_owned()), "{}", operation.name());
        }
        if operation.takes("Idempotency-Key") {
            let answer =
                stage.send(stage.request(&operation).header("idempotency-key", "a b").json(&body)).await;
            assert!(names(&answer, "Idempotency-Key"), "{}: {}", operation.name(), answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_read_wherever_they_are_described() {
    let stage = Stage::set().await;
    stage.admin.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    let mailed = stage.admin.mailed_token("ann@example.com").await;
    for operation in Operation::all() {
        for parameter in ["page_size", "page_token", "status", "tag_ids"] {
            if operation.takes(parameter) {
                let answer =
                    stage.send(stage.request_with(&operation, &format!("?{parameter}=nonsense"))).await;
                assert!(names(&answer, parameter), "{} {parameter}: {}", operation.name(), answer.text);
            }
        }
        if operation.takes("token") {
            let query = format!("?token={mailed}");
            assert_eq!(stage.send(stage.request_with(&operation, &query)).await.status, 200);
            assert_eq!(stage.send(stage.request(&operation)).await.status, 400, "{}", operation.name());
        }
    }
}

/// What other suites have no need of: the client holds each of these answers against the description.
#[tokio::test(flavor = "multi_thread")]
async fn answers_that_no_other_suite_asks_for_are_as_described_too() {
    let (_, ann) = Client::start().await.tenant("ann").await;
    let billing = ann.get("/v1.0/billing_account").await.ok()["id"].clone();
    ann.put("/v1.0/customer/billing_account_id", json!({ "billing_account_id": billing })).await.ok();
    // Nothing is sent there, since webhooks go to public addresses only.
    ann.put("/v1.0/customer", json!({ "webhook_uri": "http://127.0.0.1:9/" })).await.ok();
    ann.post("/v1.0/customer/webhook/rotate", json!({})).await.ok();
    ann.get("/v1.0/customer/webhook").await.ok();
    let id = ann.post("/v1.0/customer/webhook/test", json!({})).await.ok()["id"].clone();
    ann.idle().await;
    let listed = ann.get("/v1.0/customer/webhook/deliveries").await.ok();
    assert!(listed["result"].as_array().unwrap().iter().any(|delivery| delivery["id"] == id), "{listed}");
    let path = format!("/v1.0/customer/webhook/deliveries/{}/redeliver", id.as_str().unwrap());
    ann.post(&path, json!({})).await.ok();
}
