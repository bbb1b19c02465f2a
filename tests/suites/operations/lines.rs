//! One line a request and one a message, flat, with what it takes to find them again; and nothing that nobody has thought
//! about.

use custodian_tests::{Answer, Client, PASSWORD, logs};
use reqwest::Method;
use serde_json::{Value, json};

/// Every field that a line may have. A new one is a decision: it may hold no name, no address and no value.
const FIELDS: [&str; 33] = [
    "about",
    "attempt",
    "came_to",
    "cause",
    "cold",
    "customer_id",
    "event",
    "failure",
    "function",
    "gateway_id",
    "harmless_because",
    "hop",
    "invocation",
    "job",
    "latency_ms",
    "level",
    "message",
    "message_id",
    "new",
    "operator",
    "operator_id",
    "outcome",
    "reason",
    "receives",
    "removed",
    "request_id",
    "route",
    "rows",
    "status",
    "step",
    "tables",
    "target_id",
    "timestamp",
];
/// Beside them, what an unavailable dependency is called, and a trace.
const MORE: [&str; 2] = ["trace_id", "what"];

/// Sends a request under a name of its own and answers the lines of it, with the answer.
async fn told(client: &Client, name: &str, method: Method, path: &str, body: Value) -> (Answer, Vec<Value>) {
    let request = client.request(method, path).header("X-Request-Id", name).json(&body);
    let answer = client.send(request).await;
    let lines = logs::lines().into_iter().filter(|line| line["request_id"] == name).collect();
    (answer, lines)
}

#[track_caller]
fn only(lines: Vec<Value>) -> Value {
    assert_eq!(lines.len(), 1, "one line a request: {lines:#?}");
    lines[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_leaves_one_line_with_its_route_its_end_and_whom_it_concerned() {
    let client = Client::start().await;
    let operator = client.operator().await;
    let id = client.open_account("lines-ann").await;
    let path = format!("/v1.0/customers/{id}");
    let (answer, lines) = told(&operator, "lines-1", Method::GET, &path, json!({})).await;
    answer.ok();
    let line = only(lines);
    assert_eq!((&line["message"], &line["level"]), (&json!("answered"), &json!("INFO")));
    assert_eq!((&line["route"], &line["status"]), (&json!("GET /v1.0/customers/{id}"), &json!(200)));
    assert_eq!(line["target_id"], id.as_str(), "the account that the path names");
    assert_eq!(line["customer_id"], "00000000-0000-7000-8000-000000000001", "the platform's own called");
    assert!(line["latency_ms"].as_f64().is_some_and(|latency| latency > 0.0), "{line}");
    assert!(line["gateway_id"].as_str().is_some_and(|name| !name.is_empty()), "{line}");
    assert_eq!(line.get("reason"), None, "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_tells_its_reason_and_a_caller_who_is_nobody_concerns_nobody() {
    let client = Client::start().await;
    let (_, lines) = told(&client, "lines-2", Method::GET, "/v1.0/customer", json!({})).await;
    let line = only(lines);
    assert_eq!((&line["status"], &line["reason"]), (&json!(401), &json!("AUTHENTICATION_REQUIRED")));
    assert_eq!(line.get("customer_id"), None);
    let (_, lines) = told(&client, "lines-3", Method::GET, "/v1.0/unknown", json!({})).await;
    let line = only(lines);
    assert_eq!((&line["route"], &line["reason"]), (&json!("$default"), &json!("ROUTE_NOT_FOUND")));
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_in_and_following_a_link_tell_whose_account_it_was() {
    let client = Client::start().await;
    let id = client.open_account("lines-bob").await;
    let token = client.mailed_token("lines-bob@example.com").await;
    let body = json!({ "token": token });
    let (_, lines) = told(&client, "lines-4", Method::POST, "/auth/email-verify", body).await;
    assert_eq!(only(lines)["customer_id"], id.as_str());
    let body = json!({ "username": "lines-bob", "password": PASSWORD });
    let (_, lines) = told(&client, "lines-5", Method::POST, "/auth/login", body).await;
    assert_eq!(only(lines)["customer_id"], id.as_str());
    let body = json!({ "username": "lines-bob", "password": "not the password" });
    let (_, lines) = told(&client, "lines-6", Method::POST, "/auth/login", body).await;
    let line = only(lines);
    assert_eq!((&line["reason"], line.get("customer_id")), (&json!("INVALID_CREDENTIALS"), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_leaves_a_line_so_that_an_accounts_history_can_be_read_by_its_id() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("lines-eve").await;
    ann.post("/v1.0/tags", json!({ "name": "vip" })).await;
    let body = json!({ "password": PASSWORD, "immediate": true, "confirmation_phrase": "DELETE" });
    ann.post("/auth/unregister", body).await.ok();
    client.idle().await;
    let of_account = |line: &Value| line["customer_id"] == id.as_str();
    let lines: Vec<Value> = logs::lines().into_iter().filter(of_account).collect();
    let handled = lines.iter().filter(|line| line["message"] == "handled");
    let about: Vec<&str> = handled.clone().filter_map(|line| line["about"].as_str()).collect();
    for wanted in [
        "customer_created",
        "customer_verified",
        "tag_created",
        "customer_deleted",
        "tags",
        "customer_erased",
    ] {
        assert!(about.contains(&wanted), "{wanted} in {about:?}");
    }
    for line in handled {
        assert!(line["latency_ms"].is_f64() && line["message_id"].is_string(), "{line}");
    }
    let steps = lines.iter().filter(|line| line["message"] == "a step has come on" && line["step"] == "tags");
    let steps: Vec<_> = steps.map(|line| (&line["removed"], &line["came_to"])).collect();
    assert_eq!(steps, [(&json!(1), &json!("closed"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_has_a_field_that_nobody_has_thought_about() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("lines-zoe").await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    client.advance(31 * 86_400).await;
    let known: Vec<&str> = FIELDS.into_iter().chain(MORE).collect();
    for line in logs::lines() {
        let unknown: Vec<_> =
            line.as_object().unwrap().keys().filter(|name| !known.contains(&name.as_str())).collect();
        assert!(unknown.is_empty(), "{unknown:?} in {line}");
    }
}

#[test]
fn the_runbooks_queries_name_fields_that_lines_have() {
    let runbook =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md")).unwrap();
    let known: Vec<&str> = FIELDS.into_iter().chain(MORE).collect();
    let queries: Vec<&str> =
        runbook.split("```logs").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(queries.len() >= 6, "{queries:?}");
    for query in queries.iter().filter(|query| query.contains("filter message") || query.contains("_id")) {
        // Functions of the language and what a query names itself are no fields; ids and reasons have an underscore.
        let words =
            query.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| word.contains('_'));
        let unknown: Vec<_> =
            words.filter(|word| !known.contains(word) && !word.starts_with("req_")).collect();
        assert!(unknown.is_empty(), "{unknown:?} in {query}");
    }
}
