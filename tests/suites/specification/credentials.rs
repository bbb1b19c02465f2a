//! The parts of a request that may hold a credential, and their precedence.

use custodian_tests::Client;
use reqwest::Method;

#[tokio::test(flavor = "multi_thread")]
async fn the_header_wins_over_the_query_and_the_query_over_the_cookie() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let good = ann.token().to_owned();
    let bad = "not.a.token";
    // Header, query, cookie, and the expected HTTP status.
    let cases = [
        (Some(&*good), Some(bad), Some(bad), 200),
        (Some(bad), Some(&*good), Some(&*good), 401),
        (None, Some(&*good), Some(bad), 200),
        (None, Some(bad), Some(&*good), 401),
        (None, None, Some(&*good), 200),
        (None, None, Some(bad), 401),
        (None, None, None, 401),
    ];
    for (header, query, cookie, status) in cases {
        for name in ["token", "accesskey"] {
            let path =
                query.map_or("/v1.0/customer".to_owned(), |token| format!("/v1.0/customer?{name}={token}"));
            let mut request = client.request(Method::GET, &path);
            if let Some(token) = header {
                request = request.header("authorization", format!("bearer {token}"));
            }
            if let Some(token) = cookie {
                request = request.header("cookie", format!("a=b; {name}={token}; c=d"));
            }
            let response = client.send(request).await;
            assert_eq!(response.status, status, "{header:?} {query:?} {cookie:?}: {}", response.text);
        }
    }
}

/// Another host of the same domain can set a cookie `token`, but not `__Host-token`.
#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_of_a_sign_in_wins_over_the_cookies_of_earlier_versions() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (good, bad) = (ann.token(), "not.a.token");
    for (cookies, status) in [
        (format!("accesskey={bad}; token={bad}; __Host-token={good}"), 200),
        (format!("accesskey={good}; token={good}; __Host-token={bad}"), 401),
        (format!("accesskey={bad}; token={good}"), 200),
        (format!("accesskey={good}; token={bad}"), 401),
        (format!("accesskey={good}; token=; __Host-token="), 200),
        (format!("__host-token={good}"), 401),
    ] {
        let request = client.request(Method::GET, "/v1.0/customer").header("cookie", &cookies);
        let response = client.send(request).await;
        assert_eq!(response.status, status, "{cookies}: {}", response.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn login_sets_the_session_cookie() {
    let client = Client::start().await;
    client.tenant("ann").await;
    let login = serde_json::json!({ "username": "ANN", "password": custodian_tests::PASSWORD });
    let response = client.post("/auth/login", login).await;
    let token = response.ok()["token"].as_str().unwrap().to_owned();
    let cookie = response.headers["set-cookie"].to_str().unwrap();
    assert_eq!(
        cookie,
        format!("__Host-token={token}; Max-Age=604800; Path=/; Secure; HttpOnly; SameSite=Strict")
    );
}
