//! The limits of a profile's fields, to the byte, those of JSON itself, and the merge semantics of PUT.

use custodian_tests::{Client, PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::visible_state;

/// An address of exactly this many bytes, at least 66.
fn email_of(bytes: usize) -> String {
    let mut domain = String::new();
    while domain.len() < bytes - 65 {
        domain.push(if domain.len() % 64 == 63 { '.' } else { 'd' });
    }
    format!("{}@{domain}", "l".repeat(64))
}

fn uri(bytes: usize) -> String {
    format!("https://h.example/{}", "x".repeat(bytes - 18))
}

/// The fields of a profile that limit the length, each with a value that just fits and one that is too long.
fn limits() -> Vec<(&'static str, String, String)> {
    let text = |field, limit: usize| (field, "x".repeat(limit), "x".repeat(limit + 1));
    vec![
        text("name", 255),
        text("detail", 4096),
        text("phone_number", 255),
        text("address", 1024),
        ("webhook_uri", uri(1023), uri(1024)),
        ("email", email_of(255), email_of(256)),
        // Limits count bytes: 127 of these letters are 254 bytes, 128 are 256.
        ("name", "é".repeat(127), "é".repeat(128)),
        ("address", "é".repeat(512), "é".repeat(513)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_may_reach_its_limit_and_a_longer_one_is_refused_at_creation_and_in_updates() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let initial = client.open_account("ini").await;
    let account = format!("/v1.0/customers/{initial}");
    client.idle().await;
    for (field, fits, exceeds) in limits() {
        let before = visible_state(&client).await;
        let new_account = json!({ "username": "new", "password": PASSWORD, "email": "new@example.com" });
        let mut new_account = new_account;
        new_account[field] = json!(exceeds);
        for response in [
            ann.put("/v1.0/customer", json!({ field: exceeds })).await,
            platform_admin.put(&account, json!({ field: exceeds })).await,
            platform_admin.post("/v1.0/customers", new_account).await,
        ] {
            assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()), "{field}");
            assert_eq!(response.json()["error"]["details"][0]["field"], field);
        }
        assert_eq!(visible_state(&client).await, before, "{field}");
        assert_eq!(platform_admin.put(&account, json!({ field: fits })).await.ok()[field], fits, "{field}");
        client.idle().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_types_and_control_characters_are_refused_in_the_texts_of_profiles_and_tags() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();
    let tag = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());
    client.idle().await;
    let before = visible_state(&client).await;
    let wrong = [json!(7), json!(1.5), json!(true), json!(["a"]), json!({ "a": "b" })];
    let controls = ["\u{0}", "\t", "\n", "\r", "\u{1b}", "\u{7f}", "\u{85}", "\u{9f}"];
    let controls = controls.map(|control| json!(format!("a{control}b")));
    let profile = ["name", "detail", "email", "phone_number", "address", "webhook_method", "webhook_uri"];
    let texts = profile.map(|field| ("/v1.0/customer", field)).into_iter();
    for (path, field) in texts.chain([(&*tag, "name"), (&*tag, "detail")]) {
        let has_lines = matches!(field, "detail" | "address");
        let is_line_break = |value: &Value| ["a\tb", "a\nb", "a\rb"].map(Value::from).contains(value);
        for value in wrong.iter().chain(controls.iter().filter(|value| !has_lines || !is_line_break(value))) {
            let response = ann.put(path, json!({ field: value })).await;
            assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()), "{path} {field}: {value}");
            assert_eq!(response.json()["error"]["details"][0]["field"], field);
        }
    }
    for value in [json!({ "name": "x".repeat(256) }), json!({ "detail": 7 })] {
        let response = ann.post("/v1.0/tags", value.clone()).await;
        assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()), "{value}");
    }
    assert_eq!(visible_state(&client).await, before);
    let listed = ann.get("/v1.0/tags").await.ok();
    assert_eq!((&listed["result"][0]["name"], &listed["result"][1]), (&json!("vip"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_invalid_field_is_reported_in_one_response() {
    let client = Client::start().await;
    let body = json!({ "username": "a b", "password": "short", "email": null, "name": 7 });
    let response = client.platform_admin().await.post("/v1.0/customers", body).await;
    assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()));
    let body = response.json();
    let named: Vec<_> =
        body["error"]["details"].as_array().unwrap().iter().map(|detail| &detail["field"]).collect();
    for field in ["username", "password", "email", "name"] {
        assert!(named.contains(&&json!(field)), "{field} in {named:?}");
    }
    assert!(!response.text.contains("short"), "the response does not repeat the password");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_nests_up_to_64_levels_and_numbers_fit_a_double() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let put = async |body: String| {
        let request = ann.request(Method::PUT, "/v1.0/customer").header("content-type", "application/json");
        client.send(request.body(body)).await
    };
    // The body is the first level. The nested field is unknown and ignored.
    let nested = |open: &str, close: &str, levels: usize| {
        format!("{{\"x\":{}1{}}}", open.repeat(levels), close.repeat(levels))
    };
    for (open, close) in [("[", "]"), ("{\"y\":", "}")] {
        put(nested(open, close, 63)).await.ok();
        for levels in [64, 65, 127, 128, 5000] {
            let response = put(nested(open, close, levels)).await;
            assert_eq!(response.refusal(), (400, "INVALID_JSON_BODY".into()), "{levels} of {open}");
        }
    }
    for number in ["1e308", "-1.7e308", "123456789012345678901234567890", "0.1e-400", "-0"] {
        put(format!("{{\"x\":{number}}}")).await.ok();
    }
    for number in ["1e400", "-1e309", "1e999999999999", "01", "+1", "1.", ".5", "NaN", "Infinity", "0x1"] {
        let response = put(format!("{{\"x\":{number}}}")).await;
        assert_eq!(response.refusal(), (400, "INVALID_JSON_BODY".into()), "{number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn put_merges_fields_and_an_empty_string_clears_any_field_except_the_email() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let full = json!({
        "name": "Ann", "detail": "all of it", "phone_number": "+15551234567", "address": "1 Main St",
        "webhook_method": "PUT", "webhook_uri": "http://hooks.example.com/in?a=b",
    });
    let mut expected = ann.put("/v1.0/customer", full.clone()).await.ok();
    let account = format!("/v1.0/customers/{id}");
    let platform_admin = client.platform_admin().await;
    for (at, field) in full.as_object().unwrap().keys().enumerate() {
        let clear = json!({ field: "" });
        let cleared = match at % 2 {
            0 => ann.put("/v1.0/customer", clear).await.ok(),
            _ => platform_admin.put(&account, clear).await.ok(),
        };
        expected[field] = json!("");
        expected["tm_update"] = cleared["tm_update"].clone();
        assert_eq!(cleared, expected, "only {field} changes");
    }
    for response in [
        ann.put("/v1.0/customer", json!({ "email": "", "name": "x" })).await,
        platform_admin.put(&account, json!({ "email": "", "name": "x" })).await,
    ] {
        assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()));
    }
    assert_eq!(ann.get("/v1.0/customer").await.ok(), expected, "a refused change stores nothing");
    assert_eq!(ann.put("/v1.0/customer", json!({})).await.ok()["email"], "ann@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_email_is_refused_in_any_letter_case() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    client.tenant("bob").await;
    let platform_admin = client.platform_admin().await;
    client.idle().await;
    let before = visible_state(&client).await;
    for email in ["bob@example.com", "BOB@Example.Com"] {
        let body = json!({ "email": email, "name": "x" });
        for response in [
            ann.put("/v1.0/customer", body.clone()).await,
            platform_admin.put(&format!("/v1.0/customers/{id}"), body).await,
        ] {
            assert_eq!(response.refusal(), (409, "EMAIL_ALREADY_EXISTS".into()), "{email}");
        }
    }
    assert_eq!(visible_state(&client).await, before);
}
