//! The two JSON formats of an error, and the request id in it.

use std::sync::Arc;

use custodian_engine::Fault;
use custodian_tests::{Client, ScriptedFaults};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_valid_request_id_is_kept_and_an_invalid_one_is_replaced() {
    let client = Client::start().await;
    for path in ["/ping", "/v1.0/nothing", "/v1.0/customer"] {
        for (given, kept) in
            [("abc_DEF-1", true), (&*"x".repeat(64), true), (&*"x".repeat(65), false), ("a b", false)]
        {
            let request = client.request(Method::GET, path).header("x-request-id", given);
            let response = client.send(request).await;
            let request_id = response.headers["x-request-id"].to_str().unwrap();
            assert_eq!(request_id == given, kept, "{given}");
            assert!(kept || (request_id.starts_with("req_") && request_id.len() == 30), "{request_id}");
            assert!(response.status == 200 || response.json()["error"]["request_id"] == request_id);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_returned_in_the_accepted_format() {
    let client = Client::start().await;
    let response = client.get("/v1.0/customer").await;
    assert_eq!(response.headers["content-type"], "application/json");
    let body = response.json();
    let keys: Vec<_> = body["error"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["status", "reason", "message", "request_id"]);
    assert_eq!(body["error"]["status"], "UNAUTHENTICATED");

    let request = client.request(Method::GET, "/v1.0/customer").header("accept", "application/problem+json");
    let response = client.send(request).await;
    assert_eq!(response.headers["content-type"], "application/problem+json");
    let problem = response.json();
    assert_eq!(
        (problem["status"].as_u64(), problem["reason"].as_str()),
        (Some(401), Some("AUTHENTICATION_REQUIRED"))
    );
    assert_eq!((&problem["type"], &problem["title"]), (&json!("about:blank"), &json!("Unauthorized")));
    assert!(problem["detail"].is_string());
    for unwanted in ["application/json, application/problem+json;q=0", "application/problem+jsonp"] {
        let request = client.request(Method::GET, "/v1.0/customer").header("accept", unwanted);
        assert_eq!(client.send(request).await.headers["content-type"], "application/json", "{unwanted}");
    }
}

/// Sends a request once for each JSON format, and asserts that both responses have this status and reason.
async fn assert_both_formats(
    client: &Client,
    request: RequestBuilder,
    (code, status, reason): (u16, &str, &str),
    has_details: bool,
) {
    let again = request.try_clone().unwrap().header("accept", "application/problem+json");
    let response = client.send(request).await;
    assert_eq!((response.status, &*response.reason()), (code, reason), "{}", response.text);
    assert_eq!(response.headers["content-type"], "application/json");
    let error = response.json()["error"].clone();
    assert_eq!(error["status"], status);
    let fields = ["status", "reason", "message", "request_id", "details"];
    let keys: Vec<_> = error.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, fields[..if has_details { 5 } else { 4 }], "{reason}");
    assert!(
        response.text.starts_with("{\"error\":{") && response.text.ends_with("}}"),
        "the body holds only the error"
    );

    let problem = client.send(again).await;
    assert_eq!(problem.status, code);
    assert_eq!(problem.headers["content-type"], "application/problem+json");
    let shown = problem.json();
    assert_eq!((&shown["status"], &shown["reason"]), (&json!(code), &json!(reason)));
    assert_eq!((&shown["detail"], &shown["details"]), (&error["message"], &error["details"]));
    assert_eq!(shown["request_id"], problem.headers["x-request-id"].to_str().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_and_an_outage_have_both_formats_with_a_fixed_field_order() {
    let script = Arc::new(ScriptedFaults::default());
    let client = Client::start_observed(Arc::clone(&script) as _).await;
    let body = json!({ "username": "nobody", "password": "a wrong password" });
    let sign_in = || client.request(Method::POST, "/auth/login").json(&body);
    for _ in 0..10 {
        assert_eq!(client.send(sign_in()).await.status, 401);
    }
    let limited = (429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED");
    assert_both_formats(&client, sign_in(), limited, false).await;
    script.set(|_, _| Fault::LoseRequest);
    let unavailable = (503, "UNAVAILABLE", "SERVICE_UNAVAILABLE");
    assert_both_formats(&client, sign_in(), unavailable, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_both_formats_with_a_fixed_field_order() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let put = |body: &'static str, kind: &'static str| {
        ann.request(Method::PUT, "/v1.0/customer").header("content-type", kind).body(body)
    };
    let get = |client: &Client, path: &str| client.request(Method::GET, path);
    let large: &'static str = "x".repeat(64 * 1024 + 1).leak();
    let json = "application/json";
    let taken = json!({ "email": "admin@localhost" });
    let cases = [
        (put("{", json), (400, "INVALID_ARGUMENT", "INVALID_JSON_BODY"), false),
        (put(r#"{"name":1}"#, json), (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"), true),
        (get(&ann, "/v1.0/tags?page_size=x"), (400, "INVALID_ARGUMENT", "INVALID_REQUEST_PARAMETER"), true),
        (get(&ann, "/v1.0/tags/x"), (400, "INVALID_ARGUMENT", "INVALID_ID"), false),
        (get(&client, "/v1.0/customer"), (401, "UNAUTHENTICATED", "AUTHENTICATION_REQUIRED"), false),
        (
            get(&client.with_token("x"), "/v1.0/customer"),
            (401, "UNAUTHENTICATED", "INVALID_CREDENTIALS"),
            false,
        ),
        (get(&ann, "/v1.0/customers"), (403, "PERMISSION_DENIED", "PERMISSION_DENIED"), false),
        (get(&ann, "/v1.0/nothing"), (404, "NOT_FOUND", "ROUTE_NOT_FOUND"), false),
        (
            get(&ann, "/v1.0/tags/5e4a0680-804e-11ec-8477-2fea5968d85b"),
            (404, "NOT_FOUND", "TAG_NOT_FOUND"),
            false,
        ),
        (
            ann.request(Method::PUT, "/v1.0/customer").json(&taken),
            (409, "ALREADY_EXISTS", "EMAIL_ALREADY_EXISTS"),
            false,
        ),
        (
            put("{}", json).header("if-match", "\"0\""),
            (412, "FAILED_PRECONDITION", "PRECONDITION_FAILED"),
            false,
        ),
        (put(large, json), (413, "INVALID_ARGUMENT", "PAYLOAD_TOO_LARGE"), false),
        (put("{}", "text/plain"), (415, "INVALID_ARGUMENT", "UNSUPPORTED_MEDIA_TYPE"), false),
    ];
    for (request, expected, has_details) in cases {
        assert_both_formats(&client, request, expected, has_details).await;
    }
}
