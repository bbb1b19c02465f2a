//! HTTP semantics: the challenge of a 401, HEAD, `If-None-Match`, and signing out of an invalid session.

use custodian_tests::{Client, PASSWORD, Response};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

const NO_CREDENTIAL: &str = r#"Bearer realm="api""#;
const INVALID_TOKEN: &str = r#"Bearer realm="api", error="invalid_token""#;

#[track_caller]
fn assert_challenge(response: &Response, challenge: &str) {
    assert_eq!(response.status, 401, "{}", response.text);
    assert_eq!(response.headers["www-authenticate"], challenge, "{}", response.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_401_has_a_challenge_in_both_json_formats() {
    let client = Client::start().await;
    for accept in ["application/json", "application/problem+json"] {
        let get = |client: &Client, path: &str| client.request(Method::GET, path).header("accept", accept);
        assert_challenge(&client.send(get(&client, "/v1.0/customer")).await, NO_CREDENTIAL);
        for token in ["x", "vb_x", "a.b.c"] {
            let request = get(&client.with_token(token), "/v1.0/customer");
            assert_challenge(&client.send(request).await, INVALID_TOKEN);
            let request = get(&client, &format!("/v1.0/customer?token={token}"));
            assert_challenge(&client.send(request).await, INVALID_TOKEN);
        }
    }
    let login = json!({ "username": "nobody", "password": PASSWORD });
    assert_challenge(&client.post("/auth/login", login).await, NO_CREDENTIAL);
    let (_, ann) = client.tenant("ann").await;
    let ok = ann.get("/v1.0/customer").await;
    assert!(!ok.headers.contains_key("www-authenticate"));
}

/// The headers without those that differ between two equal requests.
fn without_volatile(mut headers: HeaderMap) -> HeaderMap {
    headers.remove("x-request-id");
    headers.remove("date");
    headers
}

#[tokio::test(flavor = "multi_thread")]
async fn head_has_the_status_and_headers_of_get_and_no_body_on_every_route() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok()["id"].clone();
    ann.get("/v1.0/customer").await.ok();
    let mut found = 0;
    for route in custodian_local::deployed_routes().into_iter().map(|deployed| deployed.route) {
        if !route.is_read() {
            continue;
        }
        let is_customer = route.path.starts_with("/v1.0/customers");
        let row = if is_customer { id.as_str() } else { tag.as_str().unwrap() };
        let path = route.path.replace("{id}", row);
        for caller in [&client, &ann, &platform_admin] {
            let get = caller.get(&path).await;
            let head = caller.send(caller.request(Method::HEAD, &path)).await;
            assert_eq!((head.status, &*head.text), (get.status, ""), "{path}");
            assert_eq!(head.headers["content-length"], get.text.len().to_string().as_str(), "{path}");
            assert_eq!(without_volatile(head.headers), without_volatile(get.headers), "{path}");
            found += usize::from(head.status == 200);
        }
    }
    assert!(found > 20, "{found} responses were 200");
    // The gateway's GET routes have the method `ANY`, so they also get requests with other methods. Pages are no exception.
    for path in ["/v1.0/customer", "/auth/email-verify", "/v1.0/tags"] {
        let response = client.send(client.request(Method::PATCH, path)).await;
        assert_eq!(response.refusal(), (404, "ROUTE_NOT_FOUND".into()), "{path}");
    }
    let head = client.send(ann.request(Method::HEAD, "/auth/login")).await;
    assert_eq!((head.status, &*head.text), (404, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn if_none_match_with_the_current_version_gets_304_without_a_body() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let platform_admin = client.platform_admin().await;
    let create = async |path: &str, body: Value| {
        let created = ann.post(path, body).await.ok();
        format!("{path}/{}", created["id"].as_str().unwrap())
    };
    let tag = create("/v1.0/tags", json!({ "name": "vip" })).await;
    let agent = create("/v1.0/agents", json!({ "username": "rob", "password": PASSWORD })).await;
    let key = create("/v1.0/accesskeys", json!({})).await;
    let account = format!("/v1.0/customers/{id}");
    let rows = [
        (&ann, "/v1.0/customer"),
        (&ann, "/v1.0/me"),
        (&ann, &tag),
        (&ann, &agent),
        (&ann, &key),
        (&platform_admin, &account),
    ];
    for (caller, path) in rows {
        let etag = caller.get(path).await.headers["etag"].to_str().unwrap().to_owned();
        let with = |caller: &Client, method: Method, condition: &str| {
            caller.request(method, path).header("if-none-match", condition)
        };
        for condition in [&*etag, &format!("W/{etag}"), &format!("\"x\", W/\"y,z\" ,{etag}"), "*"] {
            for method in [Method::GET, Method::HEAD] {
                let response = client.send(with(caller, method, condition)).await;
                assert_eq!((response.status, &*response.text), (304, ""), "{path} {condition}");
                assert_eq!(response.headers["etag"], etag.as_str(), "{path}");
                assert_eq!(response.headers["cache-control"], "no-store", "{path}");
                for absent in ["content-type", "content-length", "transfer-encoding"] {
                    assert!(!response.headers.contains_key(absent), "{path}: {absent}");
                }
            }
        }
        for condition in ["\"0\"", "W/\"0\"", etag.trim_matches('"'), "\"*\"", "", "w/\"1\""] {
            assert_eq!(
                client.send(with(caller, Method::GET, condition)).await.status,
                200,
                "{path} {condition}"
            );
        }
        // The condition reveals nothing to a caller who may not read the row.
        assert_eq!(client.send(with(&client, Method::GET, "*")).await.status, 401, "{path}");
    }
    for (path, status) in [(&tag, 404), (&account, 403)] {
        let request = bob.request(Method::GET, path).header("if-none-match", "*");
        assert_eq!(client.send(request).await.status, status, "{path}");
    }
    let put = ann.request(Method::PUT, &tag).header("if-none-match", "\"1\"");
    client.send(put.json(&json!({ "name": "new" }))).await.ok();
    let old = ann.request(Method::GET, &tag).header("if-none-match", "\"1\"");
    assert_eq!(client.send(old).await.ok()["name"], "new");
}

/// Asserts that a session is invalid, and that signing out of it succeeds and expires the cookie.
async fn assert_signs_out(client: &Client, session: &Client) {
    assert_eq!(session.get("/v1.0/customer").await.refusal(), (401, "INVALID_CREDENTIALS".into()));
    let by_cookie =
        client.request(Method::POST, "/auth/logout").header("cookie", format!("token={}", session.token()));
    for response in [session.post("/auth/logout", json!({})).await, client.send(by_cookie).await] {
        assert_eq!(response.ok(), json!({}));
        assert!(response.headers["set-cookie"].to_str().unwrap().starts_with("__Host-token=; Max-Age=0;"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_of_an_invalid_session_succeeds_and_expires_the_cookie() {
    let client = Client::start().await;
    let (_, revoked) = client.tenant("ann").await;
    revoked.post("/auth/logout", json!({})).await.ok();
    let (id, deleted) = client.tenant("bob").await;
    client.platform_admin().await.delete(&format!("/v1.0/customers/{id}")).await.ok();
    let (_, expired) = client.tenant("eve").await;
    // These two are valid in time, so that only their state refuses them.
    assert_signs_out(&client, &revoked).await;
    assert_signs_out(&client, &deleted).await;
    client.advance(8 * 86_400).await;
    assert_signs_out(&client, &expired).await;
    let anonymous = client.post("/auth/logout", json!({})).await;
    assert_eq!(anonymous.refusal(), (401, "AUTHENTICATION_REQUIRED".into()));
    let unknown_key = client.with_token("vb_unknown").post("/auth/logout", json!({})).await;
    assert_eq!(unknown_key.refusal(), (401, "INVALID_CREDENTIALS".into()));
}
