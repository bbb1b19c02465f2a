//! Request bodies that are malformed, too large, or have invalid fields.

use custodian_tests::{Client, PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_a_json_object_is_refused_and_changes_nothing() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let before = ann.get("/v1.0/customer").await.ok();
    let deep = format!("{{\"name\":{}1{}}}", "[".repeat(65), "]".repeat(65));
    let very_deep = format!("{{\"name\":{}", "[".repeat(20_000));
    let bodies: [&[u8]; 14] = [
        b"",
        b"{",
        b"nonsense",
        b"[]",
        b"\"name\"",
        b"null",
        b"1",
        b"{\"name\":\"a\"} trailing",
        b"{\"name\":1e400}",
        b"{\"name\":\"\\ud800\"}",
        b"{\"name\":\"\xff\xfe\"}",
        b"{'name':'a'}",
        deep.as_bytes(),
        very_deep.as_bytes(),
    ];
    for body in bodies {
        let request = ann.request(Method::PUT, "/v1.0/customer").header("content-type", "application/json");
        let response = client.send(request.body(body.to_vec())).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        assert_eq!(response.refusal(), (400, "INVALID_JSON_BODY".into()), "{shown}");
    }
    assert_eq!(ann.get("/v1.0/customer").await.ok(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_needs_a_json_content_type_and_has_a_maximum_size() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let request =
            ann.request(Method::PUT, "/v1.0/customer").header("content-type", content_type).body("{}");
        assert_eq!(
            client.send(request).await.refusal(),
            (415, "UNSUPPORTED_MEDIA_TYPE".into()),
            "{content_type}"
        );
    }
    for content_type in ["application/json", "Application/JSON; charset=utf-8"] {
        let request =
            ann.request(Method::PUT, "/v1.0/customer").header("content-type", content_type).body("{}");
        client.send(request).await.ok();
    }
    let body = |bytes: usize| format!("{{\"x\":\"{}\"}}", "a".repeat(bytes - 8));
    for (bytes, status) in [(64 * 1024, 200), (64 * 1024 + 1, 413), (1024 * 1024, 413)] {
        let request = ann.request(Method::PUT, "/v1.0/customer").header("content-type", "application/json");
        let response = client.send(request.body(body(bytes))).await;
        assert_eq!(response.status, status, "{bytes} bytes");
        assert!(status == 200 || response.reason() == "PAYLOAD_TOO_LARGE");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_invalid_field_is_named() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let before = ann.get("/v1.0/customer").await.ok();
    let long = |bytes| json!("x".repeat(bytes));
    let wrong = [
        ("name", json!(7)),
        ("name", json!(["a"])),
        ("name", json!("a\u{0}b")),
        ("name", json!("line\nbreak")),
        ("name", long(256)),
        ("detail", long(4097)),
        ("email", json!("")),
        ("email", json!("nobody")),
        ("email", json!("Ann <ann@example.com>")),
        ("email", json!(format!("{}@example.com", "x".repeat(250)))),
        ("phone_number", long(256)),
        ("address", long(1025)),
        ("webhook_method", json!("PATCH")),
        ("webhook_method", json!("post")),
        ("webhook_uri", json!("ftp://a.example")),
        ("webhook_uri", json!("https://")),
        ("webhook_uri", json!("javascript:alert(1)")),
        ("webhook_uri", json!(format!("https://a.example/{}", "x".repeat(1006)))),
    ];
    for (field, value) in wrong {
        let response = ann.put("/v1.0/customer", json!({ field: value, "detail": value })).await;
        assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()), "{field}: {value}");
        let details = response.json()["error"]["details"].clone();
        assert!(
            details.as_array().unwrap().iter().any(|detail| detail["field"] == field),
            "{field}: {details}"
        );
    }
    assert_eq!(ann.get("/v1.0/customer").await.ok(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_and_unknown_fields_are_ignored() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let mut read = ann.get("/v1.0/customer").await.ok();
    read["status"] = json!("deleted");
    read["id"] = json!("5e4a0680-804e-11ec-8477-2fea5968d85b");
    read["email_verified"] = json!(false);
    read["tm_delete"] = json!("2024-01-01T00:00:00Z");
    read["nonsense"] = json!({ "a": [1] });
    read["name"] = json!("New");
    let after = ann.put("/v1.0/customer", read).await.ok();
    assert_eq!(
        (&after["id"], &after["status"], &after["name"]),
        (&json!(id), &json!("active"), &json!("New"))
    );
    assert_eq!(after["email_verified"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_an_account_needs_a_free_username_a_good_password_and_a_free_address() {
    let client = Client::start().await;
    client.open_account("ann").await;
    let platform_admin = client.platform_admin().await;
    let good = json!({ "username": "bob", "password": PASSWORD, "email": "bob@example.com" });
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    let mut without_email = good.clone();
    without_email.as_object_mut().unwrap().remove("email");
    let wrong = [
        (json!({}), (400, "INVALID_ARGUMENT")),
        (without_email, (400, "INVALID_ARGUMENT")),
        (with("password", json!("short")), (400, "INVALID_ARGUMENT")),
        (with("password", json!("x".repeat(129))), (400, "INVALID_ARGUMENT")),
        (with("username", json!("")), (400, "INVALID_ARGUMENT")),
        (with("password", json!("")), (400, "INVALID_ARGUMENT")),
        (with("email", json!(null)), (400, "INVALID_ARGUMENT")),
        (json!({ "email": "guest-1@example.com" }), (400, "INVALID_ARGUMENT")),
        (json!({ "email": "no address" }), (400, "INVALID_ARGUMENT")),
        (with("username", json!("a b")), (400, "INVALID_ARGUMENT")),
        (with("username", json!("Guest-1")), (400, "INVALID_ARGUMENT")),
        (with("username", json!("ANN")), (409, "AGENT_ALREADY_EXISTS")),
        (with("email", json!("Ann@Example.COM")), (409, "EMAIL_ALREADY_EXISTS")),
    ];
    for (body, (status, reason)) in wrong {
        let response = platform_admin.post("/v1.0/customers", body.clone()).await;
        assert_eq!(response.refusal(), (status, reason.to_owned()), "{body}");
    }
    let jobs = client.get("/_local/schedules").await.ok();
    assert_eq!(jobs["result"].as_array().unwrap().len(), 1, "a refused request leaves no job");
    platform_admin.post("/v1.0/customers", good).await.ok();
}
