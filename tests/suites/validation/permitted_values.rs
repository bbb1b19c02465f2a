//! The service accepts what a schema permits. These tests send random bodies and parameters that match the API description to every
//! operation that takes any and responds in JSON.
//!
//! A refusal with 400, 413 or 415 fails the test, unless the operation lists it in `x-also-refused`. Other refusals, such as 404 and
//! 409, are about stored rows.

use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};

use crate::described_operations::{Fixture, Operation};
use crate::random::Random;
use crate::sampler::sample;

/// How many requests each operation gets.
const SAMPLES: usize = 12;
/// The operations of which no request need be accepted: a secret, a confirmation, a name or an id in it must be right, or the
/// fixture's row is protected.
const UNREACHABLE: [&str; 11] = [
    "POST /auth/login",
    "POST /auth/email-verify",
    "POST /auth/password-reset",
    "POST /auth/delegate",
    "POST /auth/unregister",
    "GET /auth/deletion",
    "PUT /v1.0/customer/billing_account_id",
    "PUT /v1.0/customers/{id}/billing_account_id",
    "PUT /v1.0/agents/{id}/password",
    "DELETE /v1.0/agents/{id}",
    "POST /v1.0/contacts/{id}/tags",
];
/// The operations after which the account, a session or a row of the fixture may be unusable.
const ENDS_A_FIXTURE: [&str; 9] = [
    "POST /auth/unregister",
    "POST /v1.0/customers/{id}/freeze",
    "PUT /v1.0/customers/{id}",
    "POST /v1.0/agents",
    "DELETE /v1.0/agents/{id}",
    "PUT /v1.0/agents/{id}/permission",
    "PUT /v1.0/agents/{id}/password",
    "DELETE /v1.0/accesskeys/{id}",
    "PUT /v1.0/contacts/{id}",
];
/// The path prefixes of the first two tests. The third test has all other operations. Three tests run in parallel.
const ACCOUNTS: [&str; 3] = ["/auth/", "/v1.0/customer", "/v1.0/platform"];
const PEOPLE: [&str; 3] = ["/v1.0/agents", "/v1.0/accesskeys", "/v1.0/contacts"];

fn is_below(operation: &Operation, paths: &[&str]) -> bool {
    paths.iter().any(|path| operation.path.starts_with(path))
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_about_accounts_that_the_description_permits_are_accepted() {
    check(|operation| is_below(operation, &ACCOUNTS)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_about_people_and_keys_that_the_description_permits_are_accepted() {
    check(|operation| is_below(operation, &PEOPLE)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_other_requests_that_the_description_permits_are_accepted() {
    check(|operation| !is_below(operation, &ACCOUNTS) && !is_below(operation, &PEOPLE)).await;
}

/// Sends random requests to some of the operations.
async fn check(is_chosen: impl Fn(&Operation) -> bool) {
    let (mut refused, mut unreached) = (Vec::new(), Vec::new());
    let mut fixture = Fixture::new().await;
    for operation in Operation::all().iter().filter(|it| is_sampled(it) && is_chosen(it)) {
        let (mut random, mut accepted) = (Random::of(&operation.name()), 0);
        for _ in 0..SAMPLES {
            let (request, sent) = random_request(&fixture, operation, &mut random);
            let response = fixture.send(request).await;
            assert!(response.status < 500, "{} {sent}: {}", operation.name(), response.text);
            if response.status >= 400 && !is_about_rows(operation, &response.json(), response.status) {
                refused.push(format!("{} {sent}: {}", operation.name(), response.text));
            }
            accepted += usize::from(response.status < 400);
        }
        if ENDS_A_FIXTURE.contains(&&*operation.name()) {
            fixture = Fixture::new().await;
        }
        if accepted == 0 && !UNREACHABLE.contains(&&*operation.name()) {
            unreached.push(operation.name());
        }
    }
    assert!(refused.is_empty(), "{} refusals:\n{}", refused.len(), refused.join("\n"));
    assert_eq!(unreached, [""; 0], "no request was accepted");
}

/// A request that the description permits, and what it has in its query and its body.
fn random_request(fixture: &Fixture, operation: &Operation, random: &mut Random) -> (RequestBuilder, String) {
    let query = query(operation, random);
    let mut request = fixture.request_with(operation, &query);
    let body = operation.body().map(|schema| sample(schema, random)).unwrap_or_default();
    if !body.is_null() {
        request = request.json(&body);
    }
    if operation.takes("Idempotency-Key") && random.one_in(2) {
        request = request.header("idempotency-key", idempotency_key(operation, random));
    }
    (request, format!("{query} {body}"))
}

/// Whether an operation has anything to sample, and returns JSON.
fn is_sampled(operation: &Operation) -> bool {
    let success = &operation.description["responses"]["200"]["content"];
    let is_page = success["text/html"].is_object() && success["application/json"].is_null();
    !is_page && (operation.body().is_some() || !parameters(operation).is_empty())
}

/// The parameters in the query.
fn parameters(operation: &Operation) -> Vec<&Value> {
    let all = operation.description["parameters"].as_array();
    all.into_iter().flatten().filter(|parameter| parameter["in"] == "query").collect()
}

/// A query with the required and with some of the optional parameters.
fn query(operation: &Operation, random: &mut Random) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for parameter in parameters(operation) {
        if parameter["required"] == true || random.one_in(2) {
            let value = match sample(&parameter["schema"], random) {
                Value::String(text) => text,
                Value::Array(items) => {
                    items.iter().map(|item| item.as_str().unwrap()).collect::<Vec<_>>().join(",")
                }
                other => other.to_string(),
            };
            query.append_pair(parameter["name"].as_str().unwrap(), &value);
        }
    }
    let query = query.finish();
    if query.is_empty() { query } else { format!("?{query}") }
}

/// A value of the header.
fn idempotency_key(operation: &Operation, random: &mut Random) -> String {
    let all = operation.description["parameters"].as_array().into_iter().flatten();
    let mut parameters = all.filter(|parameter| parameter["name"] == "Idempotency-Key");
    sample(&parameters.next().unwrap()["schema"], random).as_str().unwrap().to_owned()
}

/// Whether a refusal is about stored rows, or one that the operation describes.
fn is_about_rows(operation: &Operation, response: &Value, status: u16) -> bool {
    if ![400, 413, 415].contains(&status) {
        return true;
    }
    let error = response["error"].as_object().cloned().unwrap_or_else(Map::new);
    let details = error.get("details").and_then(Value::as_array).cloned().unwrap_or_default();
    let described = operation.description["x-also-refused"].as_array().cloned().unwrap_or_default();
    let is_described = |field: Option<&Value>| {
        described
            .iter()
            .any(|rule| Some(&rule["reason"]) == error.get("reason") && rule.get("field") == field)
    };
    match details.as_slice() {
        [] => is_described(None),
        [_] => details.iter().all(|detail| is_described(detail.get("field")) || is_described(None)),
        // With several invalid fields, the reason is the general one, so it is not compared.
        _ => {
            details.iter().all(|detail| described.iter().any(|rule| rule.get("field") == detail.get("field")))
        }
    }
}

/// The sampler must find what a schema should not permit, or the tests above could not fail.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_only_a_looser_schema_permits_is_found() {
    let fixture = Fixture::new().await;
    let all = Operation::all();
    let operation = all.iter().find(|it| it.method == Method::POST && it.path == "/v1.0/tags").unwrap();
    let looser = json!({ "type": "object", "required": ["name"], "properties": { "name": { "type": "string", "maxLength": 300 } } });
    let mut random = Random::of("looser");
    let mut statuses = Vec::new();
    for _ in 0..SAMPLES {
        let response = fixture.send(fixture.request(operation).json(&sample(&looser, &mut random))).await;
        statuses.push(response.status == 400 && !is_about_rows(operation, &response.json(), 400));
    }
    assert!(statuses.contains(&true) && statuses.contains(&false), "{statuses:?}");
}
