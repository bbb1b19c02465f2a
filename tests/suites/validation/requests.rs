//! Unusual paths, methods, headers and queries.

use custodian_tests::Client;
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_path_or_method_returns_route_not_found() {
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
        let response = client.send(client.request(method.clone(), "/v1.0/customer")).await;
        assert_eq!(response.refusal(), (404, "ROUTE_NOT_FOUND".into()), "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cross_origin_preflight_gets_the_gateways_cors_headers() {
    let client = Client::start().await;
    let options = |path: &str| client.request(Method::OPTIONS, path).header("origin", "https://shop.example");
    let preflight = options("/v1.0/customer").header("access-control-request-method", "PUT");
    let response = client.send(preflight.header("access-control-request-headers", "authorization")).await;
    assert_eq!((response.status, &*response.text), (204, ""));
    assert_eq!(response.headers["access-control-allow-origin"], "*");
    let allowed = |name: &str| response.headers[name].to_str().unwrap().to_lowercase();
    assert!(allowed("access-control-allow-methods").contains("put"));
    assert!(allowed("access-control-allow-headers").contains("authorization"));
    assert_eq!(
        client.send(options("/v1.0/customer")).await.refusal(),
        (404, "ROUTE_NOT_FOUND".into()),
        "not a preflight request"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_id_must_be_a_uuid_and_is_checked_after_authorization() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    for id in ["1", "not-a-uuid", "5e4a0680804e11ec84772fea5968d85b", "%00", "%F0%9F%92%A9", "..%2f.."] {
        let path = format!("/v1.0/customers/{id}");
        assert_eq!(client.get(&path).await.refusal(), (401, "AUTHENTICATION_REQUIRED".into()), "{id}");
        assert_eq!(ann.get(&path).await.refusal(), (403, "PERMISSION_DENIED".into()), "{id}");
        assert_eq!(platform_admin.get(&path).await.refusal(), (400, "INVALID_ID".into()), "{id}");
        assert_eq!(ann.get(&format!("/v1.0/tags/{id}")).await.refusal(), (400, "INVALID_ID".into()), "{id}");
    }
    let unknown = "/v1.0/customers/5e4a0680-804e-11ec-8477-2fea5968d85b";
    assert_eq!(platform_admin.get(unknown).await.refusal(), (404, "CUSTOMER_NOT_FOUND".into()));
    assert_eq!(platform_admin.delete(unknown).await.refusal(), (404, "CUSTOMER_NOT_FOUND".into()));
    let freeze =
        platform_admin.send(platform_admin.request(Method::POST, &format!("{unknown}/freeze"))).await;
    assert_eq!(freeze.refusal(), (404, "CUSTOMER_NOT_FOUND".into()));
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
        ("x-forwarded-proto", "gopher??"),
        ("x-forwarded-for", "1.2.3.4"),
        ("accept", &*long),
        ("content-type", &*long),
        ("if-match", &*long),
        ("idempotency-key", &*long),
    ] {
        let response = client.send(client.request(Method::GET, "/v1.0/customer").header(name, value)).await;
        assert_eq!(response.status, 401, "{name}: {}", response.text);
        let response = client.send(ann.request(Method::GET, "/ping").header(name, value)).await;
        assert_eq!(response.status, 200, "{name}");
    }
    for query in ["%", "%zz", "token=%ff", "a&&&=", "page_size=1&page_size=x", "%3Cscript%3E", "\"{}|\\^`"] {
        let response = ann.get(&format!("/v1.0/tags?{query}")).await;
        assert_eq!(response.status, 200, "{query}: {}", response.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_header_does_not_count_as_a_missing_one() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let created = ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();
    let tag = format!("/v1.0/tags/{}", created["id"].as_str().unwrap());
    for unreadable in [&b"\xff\xfe"[..], "\u{201c}1\u{201d}".as_bytes(), b"\"1\xe9\""] {
        let value = HeaderValue::from_bytes(unreadable).unwrap();
        for path in ["/v1.0/customer", &tag] {
            let put = ann.request(Method::PUT, path).header("if-match", &value);
            let response = client.send(put.json(&json!({ "name": "late" }))).await;
            assert_eq!(response.refusal(), (412, "PRECONDITION_FAILED".into()), "{path} {value:?}");
        }
        let delete = client.send(ann.request(Method::DELETE, &tag).header("if-match", &value)).await;
        assert_eq!(delete.refusal(), (412, "PRECONDITION_FAILED".into()), "{value:?}");
        let post = ann.request(Method::POST, "/v1.0/tags").header("idempotency-key", &value);
        let response = client.send(post.json(&json!({ "name": "twice" }))).await;
        assert_eq!(response.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()), "{value:?}");
    }
    assert_eq!(ann.get("/v1.0/tags").await.ok()["result"], json!([created]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_and_an_invalid_id_are_refused_on_every_route() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let routes = custodian_local::deployed_routes().into_iter().map(|deployed| deployed.route);
    for route in routes.filter(|route| !route.is_default()) {
        let method = Method::from_bytes(route.method.as_bytes()).unwrap();
        let for_platform_admin = route.path.starts_with("/v1.0/customers");
        let caller = if for_platform_admin { &platform_admin } else { &ann };
        let path = route.path.replace("{id}", "no-id");
        if route.path.contains("{id}") {
            let response = client.send(caller.request(method.clone(), &path).json(&json!({}))).await;
            assert_eq!(response.refusal(), (400, "INVALID_ID".into()), "{} {path}", route.method);
        }
        let is_page =
            method == Method::GET && route.path.starts_with("/auth/") && route.path != "/auth/deletion";
        let large = client.request(method.clone(), &path).header("content-type", "application/json");
        let response = client.send(large.body("x".repeat(64 * 1024 + 1))).await;
        assert_eq!(response.status, 413, "{} {path}: checked before authentication", route.method);
        assert_eq!(response.reason() == "PAYLOAD_TOO_LARGE", !is_page);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_credentials_are_refused_in_header_and_query() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let malformed = [
        "\u{e9}",
        "vb_\u{e9}",
        "vb_\u{1f4a9}",
        "\u{1f4a9}.\u{1f4a9}.\u{1f4a9}",
        "..",
        ".",
        "vb_",
        "eyJ.\u{e9}.x",
    ];
    let long = malformed.map(|text| text.repeat(300));
    for credential in malformed.iter().copied().chain(long.iter().map(String::as_str)) {
        let header = format!("Bearer {credential}").into_bytes();
        let header = HeaderValue::from_bytes(&header).unwrap();
        // A credential in the header takes precedence, even a malformed one over a valid one in the query.
        let path = format!("/v1.0/customer?token={}", ann.token());
        let response = client.send(client.request(Method::GET, &path).header("authorization", header)).await;
        assert_eq!(response.refusal(), (401, "INVALID_CREDENTIALS".into()), "{credential}");
        for name in ["token", "accesskey"] {
            let request = client.request(Method::GET, &format!("/v1.0/customer?{name}={credential}"));
            assert_eq!(
                client.send(request).await.refusal(),
                (401, "INVALID_CREDENTIALS".into()),
                "{credential}"
            );
        }
    }
}
