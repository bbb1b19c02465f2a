//! Texts of several lines, and integers in other spellings.

use custodian_tests::{Client, PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_several_lines_keep_line_breaks_and_tabs() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let text = "Main Street 1\r\n\tback entrance\n";
    let agent = json!({ "username": "bob", "password": PASSWORD, "detail": text });
    let agent = ann.post("/v1.0/agents", agent).await.ok();
    let key = ann.post("/v1.0/accesskeys", json!({ "detail": text })).await.ok();
    let tag = ann.post("/v1.0/tags", json!({ "detail": text })).await.ok();
    let contact = ann.post("/v1.0/contacts", json!({ "notes": text })).await.json();
    let path = |collection: &str, row: &Value| format!("/v1.0/{collection}/{}", row["id"].as_str().unwrap());
    for (path, field) in [
        ("/v1.0/customer".to_owned(), "detail"),
        ("/v1.0/customer".to_owned(), "address"),
        (path("agents", &agent), "detail"),
        (path("accesskeys", &key), "detail"),
        (path("tags", &tag), "detail"),
        (path("contacts", &contact), "notes"),
    ] {
        ann.put(&path, json!({ field: text })).await.ok();
        assert_eq!(ann.get(&path).await.ok()[field], text, "{path} {field}");
        for control in ["\u{0}", "\u{b}", "\u{1b}", "\u{7f}", "\u{85}"] {
            let refused = ann.put(&path, json!({ field: format!("a{control}b") })).await;
            assert_eq!(refused.refusal(), (400, "INVALID_ARGUMENT".into()), "{path} {field} {control:?}");
        }
    }
    for (path, field) in [(path("agents", &agent), "name"), (path("tags", &tag), "name")] {
        let refused = ann.put(&path, json!({ field: text })).await;
        assert_eq!(refused.refusal(), (400, "INVALID_ARGUMENT".into()), "{path} {field}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integer_may_have_a_decimal_point_or_an_exponent_but_no_fraction() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let queue = ann.post("/v1.0/queues", json!({ "routing_method": "random" })).await.ok();
    let queue = format!("/v1.0/queues/{}", queue["id"].as_str().unwrap());
    let agent = ann.post("/v1.0/agents", json!({ "username": "bob", "password": PASSWORD })).await.ok();
    let agent = format!("/v1.0/agents/{}/permission", agent["id"].as_str().unwrap());
    let balance = format!("/v1.0/customers/{id}/balance");
    let cases = [
        (&ann, Method::PUT, &*queue, "wait_timeout", ["3e4", "30000.0", "30000.5"], "30000"),
        (&ann, Method::PUT, &agent, "permission", ["16.0", "1.6e1", "16.5"], "16"),
        (&platform_admin, Method::POST, &balance, "balance_credit", ["5.0", "-50e-1", "0.5"], ""),
        (&ann, Method::POST, "/v1.0/accesskeys", "expire", ["86400.0", "8.64e4", "86400.5"], ""),
    ];
    for (caller, method, path, field, [one, other, fraction], shown) in cases {
        let send = async |number: &str| {
            let request = caller.request(method.clone(), path).header("content-type", "application/json");
            client.send(request.body(format!("{{\"{field}\":{number}}}"))).await
        };
        for number in [one, other] {
            let response = send(number).await;
            let text = &response.text;
            response.ok();
            assert!(text.contains(&format!("\"{field}\":{shown}")) || shown.is_empty(), "{number}: {text}");
        }
        let refused = send(fraction).await;
        assert_eq!(refused.refusal(), (400, "INVALID_ARGUMENT".into()), "{field}");
        assert_eq!(refused.json()["error"]["details"][0]["field"], field);
    }
    ann.get("/v1.0/tags?page_size=16.0").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lifetime_that_is_too_short_or_too_long_is_refused_with_the_limit_that_it_breaks() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    for (expire, problem) in [
        (json!(86_399), "must be at least 86400 seconds"),
        (json!(3_153_600_001_u64), "must be at most 3153600000 seconds, which are 100 years"),
        (json!(1e19), "must be at most 3153600000 seconds, which are 100 years"),
    ] {
        let refused = ann.post("/v1.0/accesskeys", json!({ "expire": expire })).await;
        assert_eq!(refused.refusal(), (400, "INVALID_ARGUMENT".into()), "{expire}");
        let details = refused.json()["error"]["details"].clone();
        assert_eq!(details, json!([{ "field": "expire", "description": problem }]));
    }
    ann.post("/v1.0/accesskeys", json!({ "expire": 3_153_600_000_u64 })).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_only_field_may_be_sent_back_but_not_changed() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let key = ann.post("/v1.0/accesskeys", json!({ "expire": 172_800 })).await.ok();
    let key = format!("/v1.0/accesskeys/{}", key["id"].as_str().unwrap());
    let agent = ann.post("/v1.0/agents", json!({ "username": "bob", "password": PASSWORD })).await.ok();
    let agent = format!("/v1.0/agents/{}", agent["id"].as_str().unwrap());
    let number = ann.post("/v1.0/numbers", json!({ "number": "+15551234567" })).await.ok();
    let number = format!("/v1.0/numbers/{}", number["id"].as_str().unwrap());
    for (path, field, present, other) in [
        (&key, "expire", json!(172_800), json!(86_400)),
        (&agent, "username", json!("bob"), json!("rob")),
        (&number, "number", json!("+15551234567"), json!("+15557654321")),
        (&number, "type", json!(""), json!("virtual")),
    ] {
        ann.put(path, json!({ "name": "new", field: present })).await.ok();
        let before = ann.get(path).await.ok();
        ann.put(path, before.clone()).await.ok();
        let refused = ann.put(path, json!({ "name": "newer", field: other })).await;
        assert_eq!(refused.refusal(), (400, "INVALID_ARGUMENT".into()), "{path}");
        let details = refused.json()["error"]["details"].clone();
        assert_eq!(details, json!([{ "field": field, "description": "can only be set at creation" }]));
        assert_eq!(ann.get(path).await.ok()["name"], before["name"], "a refused change stores nothing");
    }
}
