//! `/auth/login` reads JSON with any `Content-Type`, because published clients send it as text or as a form.

use custodian_tests::{Client, PASSWORD, Response};
use reqwest::Method;
use serde_json::json;

async fn login_as(client: &Client, content_type: Option<&str>, body: &str) -> Response {
    let request = client.request(Method::POST, "/auth/login").body(body.to_owned());
    client
        .send(content_type.into_iter().fold(request, |request, value| request.header("content-type", value)))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn login_reads_json_of_any_media_type_and_sets_a_cookie_only_for_that_of_json() {
    let client = Client::start().await;
    client.tenant("ann").await;
    let body = json!({ "username": "ann", "password": PASSWORD }).to_string();
    for (content_type, has_cookie) in [
        (Some("application/json"), true),
        (Some("Application/JSON; charset=utf-8"), true),
        (Some("text/plain"), false),
        (Some("text/plain;charset=UTF-8"), false),
        (Some("application/x-www-form-urlencoded"), false),
        (Some("multipart/form-data"), false),
        (Some("application/jsonp"), false),
        (Some(""), false),
        (None, false),
    ] {
        let response = login_as(&client, content_type, &body).await;
        let token = response.ok()["token"].as_str().unwrap().to_owned();
        client.with_token(&token).get("/v1.0/me").await.ok();
        assert_eq!(response.headers.contains_key("set-cookie"), has_cookie, "{content_type:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_no_body_of_a_login() {
    let client = Client::start().await;
    client.tenant("ann").await;
    for content_type in ["application/x-www-form-urlencoded", "text/plain", "application/json"] {
        let body = format!("username=ann&password={}", PASSWORD.replace(' ', "+"));
        let response = login_as(&client, Some(content_type), &body).await;
        assert_eq!(response.refusal(), (400, "INVALID_JSON_BODY".into()), "{content_type}");
        assert!(!response.headers.contains_key("set-cookie"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_signs_nobody_in() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let body = json!({ "username": "ann", "password": "not this one" }).to_string();
    for name in ["__Host-token", "token", "accesskey"] {
        let request =
            client.request(Method::POST, "/auth/login").header("cookie", format!("{name}={}", ann.token()));
        let response = client.send(request.header("content-type", "text/plain").body(body.clone())).await;
        assert_eq!(response.refusal(), (401, "INVALID_CREDENTIALS".into()), "{name}");
    }
}
