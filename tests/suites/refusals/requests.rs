//! Requests that are odd in their path, method, headers or query.

use custodian_tests::Client;
use reqwest::Method;

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_path_and_a_wrong_method_are_not_found() {
    let client = Client::start().await;
    let paths = [
        "/",
        "/v1.0",
        "/v1.0/",
        "/v1.0/nothing",
        "/v1.0/customer/",
        "/V1.0/customer",
        "/v1.0/auth/login",
        "//ping",
    ];
    for path in paths {
        assert_eq!(client.get(path).await.refusal(), (404, "ROUTE_NOT_FOUND".into()), "{path}");
    }
    for method in [Method::PATCH, Method::DELETE, Method::OPTIONS, Method::POST] {
        let answer = client.send(client.request(method.clone(), "/v1.0/customer")).await;
        assert_eq!(answer.refusal(), (404, "ROUTE_NOT_FOUND".into()), "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_id_is_a_uuid_and_that_is_asked_after_who_calls() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let operator = client.operator().await;
    for id in ["1", "not-a-uuid", "5e4a0680804e11ec84772fea5968d85b", "%00", "%F0%9F%92%A9", "..%2f.."] {
        let path = format!("/v1.0/customers/{id}");
        assert_eq!(client.get(&path).await.refusal(), (401, "AUTHENTICATION_REQUIRED".into()), "{id}");
        assert_eq!(ann.get(&path).await.refusal(), (403, "PERMISSION_DENIED".into()), "{id}");
        assert_eq!(operator.get(&path).await.refusal(), (400, "INVALID_ID".into()), "{id}");
        assert_eq!(ann.get(&format!("/v1.0/tags/{id}")).await.refusal(), (400, "INVALID_ID".into()), "{id}");
    }
    let unknown = "/v1.0/customers/5e4a0680-804e-11ec-8477-2fea5968d85b";
    assert_eq!(operator.get(unknown).await.refusal(), (404, "CUSTOMER_NOT_FOUND".into()));
    assert_eq!(operator.delete(unknown).await.refusal(), (404, "CUSTOMER_NOT_FOUND".into()));
    let freeze = operator.send(operator.request(Method::POST, &format!("{unknown}/freeze"))).await;
    assert_eq!(freeze.refusal(), (404, "CUSTOMER_NOT_FOUND".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_keeps_a_good_name_and_gets_one_instead_of_a_bad_one() {
    let client = Client::start().await;
    for path in ["/ping", "/v1.0/nothing", "/v1.0/customer"] {
        for (given, kept) in
            [("abc_DEF-1", true), (&*"x".repeat(64), true), (&*"x".repeat(65), false), ("a b", false)]
        {
            let request = client.request(Method::GET, path).header("x-request-id", given);
            let answer = client.send(request).await;
            let named = answer.headers["x-request-id"].to_str().unwrap();
            assert_eq!(named == given, kept, "{given}");
            assert!(kept || (named.starts_with("req_") && named.len() == 30), "{named}");
            assert!(answer.status == 200 || answer.json()["error"]["request_id"] == named);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_told_in_the_form_that_is_asked_for() {
    let client = Client::start().await;
    let answer = client.get("/v1.0/customer").await;
    assert_eq!(answer.headers["content-type"], "application/json");
    let body = answer.json();
    let keys: Vec<_> = body["error"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["status", "reason", "message", "request_id"]);
    assert_eq!(body["error"]["status"], "UNAUTHENTICATED");

    let request = client.request(Method::GET, "/v1.0/customer").header("accept", "application/problem+json");
    let answer = client.send(request).await;
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    let problem = answer.json();
    assert_eq!(
        (problem["status"].as_u64(), problem["reason"].as_str()),
        (Some(401), Some("AUTHENTICATION_REQUIRED"))
    );
    assert!(problem["title"].is_string() && problem["detail"].is_string() && problem["type"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_and_no_query_makes_the_service_fail() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let long = "x".repeat(5000);
    for (name, value) in [
        ("authorization", &*long),
        ("authorization", "Bearer"),
        ("authorization", "Bearer vb_"),
        ("authorization", "Basic YTpi"),
        ("cookie", &*long),
        ("cookie", "token"),
        ("host", "a b<>"),
        ("x-forwarded-proto", "gopher??"),
        ("x-forwarded-for", "1.2.3.4"),
        ("accept", &*long),
        ("content-type", &*long),
        ("if-match", &*long),
        ("idempotency-key", &*long),
    ] {
        let answer = client.send(client.request(Method::GET, "/v1.0/customer").header(name, value)).await;
        assert_eq!(answer.status, 401, "{name}: {}", answer.text);
        let answer = client.send(ann.request(Method::GET, "/ping").header(name, value)).await;
        assert_eq!(answer.status, 200, "{name}");
    }
    for query in ["%", "%zz", "token=%ff", "a&&&=", "page_size=1&page_size=x", "%3Cscript%3E", "\"{}|\\^`"] {
        let answer = ann.get(&format!("/v1.0/tags?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    }
}
