//! The log: one flat JSON line for each request and each message, with only the listed fields.

use std::sync::Arc;

use custodian_app::PlatformKeys;
use custodian_app::ports::PlatformKeySet;
use custodian_auth::KeyRing;
use custodian_fn_auth_password_forgot_page::ForgotPasswordPage;
use custodian_http::Route;
use custodian_tests::gateway::event;
use custodian_tests::{Client, PASSWORD, Response, TestApp, log_checks, log_fields};
use reqwest::Method;
use serde_json::{Value, json};

/// Sends a request with a request id of its own. Returns the response and the request's log lines.
async fn send_named(
    client: &Client,
    name: &str,
    method: Method,
    path: &str,
    body: Value,
) -> (Response, Vec<Value>) {
    let request = client.request(method, path).header("X-Request-Id", name).json(&body);
    let response = client.send(request).await;
    let lines = log_checks::lines().into_iter().filter(|line| line["request_id"] == name).collect();
    (response, lines)
}

#[track_caller]
fn single(lines: Vec<Value>) -> Value {
    assert_eq!(lines.len(), 1, "one line for each request: {lines:#?}");
    lines[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_writes_one_line_with_its_route_status_and_accounts() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let id = client.open_account("lines-ann").await;
    let path = format!("/v1.0/customers/{id}");
    let (response, lines) = send_named(&platform_admin, "lines-1", Method::GET, &path, json!({})).await;
    response.ok();
    let line = single(lines);
    assert_eq!((&line["message"], &line["level"]), (&json!("request completed"), &json!("INFO")));
    assert_eq!((&line["route"], &line["status"]), (&json!("GET /v1.0/customers/{id}"), &json!(200)));
    assert_eq!(line["target_id"], id.as_str(), "the account in the path");
    assert_eq!(
        line["customer_id"], "00000000-0000-7000-8000-000000000001",
        "the platform's own account called"
    );
    assert!(line["latency_ms"].as_f64().is_some_and(|latency| latency > 0.0), "{line}");
    assert!(line["gateway_id"].as_str().is_some_and(|name| !name.is_empty()), "{line}");
    assert_eq!(line.get("reason"), None, "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requests_line_says_who_acted_also_if_the_request_is_refused() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let (id, ann) = client.tenant("lines-who").await;
    let own_id = |me: Value| me["id"].clone();
    let (ann_id, operator) =
        (own_id(ann.get("/v1.0/me").await.ok()), own_id(platform_admin.get("/v1.0/me").await.ok()));
    let made = ann.post("/v1.0/accesskeys", json!({})).await.ok();
    let key = client.with_token(made["token"].as_str().unwrap());
    let body = json!({ "customer_id": id, "reason": "checking the account" });
    let delegated = platform_admin.post("/auth/delegate", body).await.ok();
    let delegate = client.with_token(delegated["token"].as_str().unwrap());
    let guest = own_id(key.get("/v1.0/me").await.ok());
    let none = Value::Null;
    let cases = [
        (&ann, "/v1.0/customer", 200, [&ann_id, &none, &none]),
        (&ann, "/v1.0/customers", 403, [&ann_id, &none, &none]),
        (&key, "/v1.0/customer", 200, [&none, &made["id"], &none]),
        (&key, "/v1.0/customers", 403, [&none, &made["id"], &none]),
        (&delegate, "/v1.0/customer", 200, [&guest, &none, &operator]),
        (&platform_admin, "/v1.0/customers", 200, [&operator, &none, &operator]),
        (&client, "/v1.0/customer", 401, [&none, &none, &none]),
    ];
    for (number, (caller, path, status, who)) in cases.into_iter().enumerate() {
        let name = format!("acting-{number}");
        let (response, lines) = send_named(caller, &name, Method::GET, path, json!({})).await;
        assert_eq!(response.status, status, "{}", response.text);
        let line = single(lines);
        assert_eq!(["agent_id", "key_id", "operator_id"].map(|field| &line[field]), who, "{line}");
    }
    let body = json!({ "username": "lines-who", "password": PASSWORD });
    let (_, lines) = send_named(&client, "acting-login", Method::POST, "/auth/login", body).await;
    assert_eq!(single(lines)["agent_id"], ann_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_requests_line_has_a_keyed_hash_of_the_clients_network() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("lines-net").await;
    let mut networks = Vec::new();
    for address in [[127, 0, 0, 7], [127, 0, 0, 9], [127, 0, 1, 7]] {
        let mut hashes = Vec::new();
        let requests = [
            (&ann, "/v1.0/customer"),
            (&client, "/v1.0/customer"),
            (&client, "/v1.0/unknown"),
            (&client, "/ping"),
        ];
        for (number, (caller, path)) in requests.into_iter().enumerate() {
            let name = format!("network-{number}-{}-{}", address[2], address[3]);
            let caller = caller.from_address(address);
            let (_, lines) = send_named(&caller, &name, Method::GET, path, json!({})).await;
            hashes.push(single(lines)["client_network"].as_str().unwrap().to_owned());
        }
        assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
        let digits = |hash: &String| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(hashes.iter().all(digits), "{hashes:?}");
        networks.push(hashes.remove(0));
    }
    assert_eq!(networks[0], networks[1], "both addresses are in 127.0.0.0/24");
    assert_ne!(networks[0], networks[2], "127.0.1.0/24 is another network");
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_platform_is_set_up_a_line_has_no_client_network() {
    let mut app = TestApp::default();
    let keys = PlatformKeySet { ring: KeyRing::default(), keyed_hasher: None };
    Arc::get_mut(&mut app.cx).unwrap().keys = PlatformKeys::new(keys);
    let headers = json!({ "x-request-id": "lines-before" });
    let event = event(&Route::new("GET", "/ping"), "192.0.2.1", &headers, &json!({}));
    custodian_http::serve(&ForgotPasswordPage, &*app.cx, event).await;
    let lines = log_checks::lines().into_iter().filter(|line| line["request_id"] == "lines-before").collect();
    assert_eq!(single(lines).get("client_network"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_requests_line_has_its_reason_and_an_anonymous_one_has_no_customer() {
    let client = Client::start().await;
    let (_, lines) = send_named(&client, "lines-2", Method::GET, "/v1.0/customer", json!({})).await;
    let line = single(lines);
    assert_eq!((&line["status"], &line["reason"]), (&json!(401), &json!("AUTHENTICATION_REQUIRED")));
    assert_eq!(line.get("customer_id"), None);
    let (_, lines) = send_named(&client, "lines-3", Method::GET, "/v1.0/unknown", json!({})).await;
    let line = single(lines);
    assert_eq!((&line["route"], &line["reason"]), (&json!("$default"), &json!("ROUTE_NOT_FOUND")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_of_a_login_and_a_mailed_link_name_the_account() {
    let client = Client::start().await;
    let id = client.open_account("lines-bob").await;
    let token = client.mailed_token("lines-bob@example.com").await;
    let body = json!({ "token": token });
    let (_, lines) = send_named(&client, "lines-4", Method::POST, "/auth/email-verify", body).await;
    assert_eq!(single(lines)["customer_id"], id.as_str());
    let body = json!({ "username": "lines-bob", "password": PASSWORD });
    let (_, lines) = send_named(&client, "lines-5", Method::POST, "/auth/login", body).await;
    assert_eq!(single(lines)["customer_id"], id.as_str());
    let body = json!({ "username": "lines-bob", "password": "not the password" });
    let (_, lines) = send_named(&client, "lines-6", Method::POST, "/auth/login", body).await;
    let line = single(lines);
    assert_eq!((&line["reason"], line.get("customer_id")), (&json!("INVALID_CREDENTIALS"), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_about_an_account_writes_a_line_with_its_id() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("lines-eve").await;
    ann.post("/v1.0/tags", json!({ "name": "vip" })).await;
    let body = json!({ "password": PASSWORD, "immediate": true, "confirmation_phrase": "DELETE" });
    ann.post("/auth/unregister", body).await.ok();
    client.idle().await;
    let is_of_account = |line: &Value| line["customer_id"] == id.as_str();
    let lines: Vec<Value> = log_checks::lines().into_iter().filter(is_of_account).collect();
    let handled = lines.iter().filter(|line| line["message"] == "message handled");
    let subjects: Vec<&str> = handled.clone().filter_map(|line| line["message_type"].as_str()).collect();
    for expected in [
        "customer_created",
        "customer_verified",
        "tag_created",
        "customer_deleted",
        "tags",
        "customer_erased",
    ] {
        assert!(subjects.contains(&expected), "{expected} in {subjects:?}");
    }
    for line in handled {
        assert!(line["latency_ms"].is_f64() && line["message_id"].is_string(), "{line}");
    }
    let steps =
        lines.iter().filter(|line| line["message"] == "cascade step progressed" && line["step"] == "tags");
    let steps: Vec<_> = steps.map(|line| (&line["removed"], &line["outcome"])).collect();
    assert_eq!(steps, [(&json!(1), &json!("completed"))]);
}

/// Invariant I6: no personal data is left. The test kit makes the same check at the end of every test with a service or an app.
#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_has_an_unlisted_field() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("lines-zoe").await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    client.advance(31 * 86_400).await;
    assert_eq!(log_checks::unlisted_fields(), [] as [String; 0]);
}

#[test]
fn the_runbooks_queries_use_existing_log_fields() {
    let runbook =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md")).unwrap();
    let queries: Vec<&str> =
        runbook.split("```logs").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(queries.len() >= 6, "{queries:?}");
    for query in queries.iter().filter(|query| query.contains("filter message") || query.contains("_id")) {
        // Words without an underscore may be functions of the query language or names that the query defines. The test
        // checks only words with an underscore.
        let words =
            query.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| word.contains('_'));
        let unknown: Vec<_> =
            words.filter(|word| !log_fields::FIELDS.contains(word) && !word.starts_with("req_")).collect();
        assert!(unknown.is_empty(), "{unknown:?} in {query}");
    }
}
