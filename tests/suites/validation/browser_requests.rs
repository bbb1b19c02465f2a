//! Requests of browsers: a cookie authenticates no change that a page of another origin requests, the body of an authenticated
//! request must be JSON, and responses keep browsers on HTTPS.

use std::collections::BTreeSet;
use std::sync::Arc;

use custodian_http::{Audience, Route};
use custodian_local::deployed_routes;
use custodian_tests::gateway::event;
use custodian_tests::{Client, Response};
use reqwest::Method;
use serde_json::json;

const REFUSED: (u16, &str) = (403, "CROSS_ORIGIN_REQUEST");

/// Creates a tag with these headers. A tag is new with each request, so the account accepts every one.
async fn create_tag(client: &Client, query: &str, headers: &[(&str, &str)]) -> Response {
    let request = client.request(Method::POST, &format!("/v1.0/tags{query}")).json(&json!({}));
    client.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_authenticates_a_change_only_from_the_own_origin() {
    let client = Client::start_with(&["--allow-host", "accounts.localhost"], Arc::new(())).await;
    let (_, ann) = client.tenant("ann").await;
    let own = client.base().to_owned();
    let other_scheme = own.replace("http:", "https:");
    let other_port = format!("{own}0");
    for name in ["__Host-token", "token", "accesskey"] {
        let cookie = format!("{name}={}", ann.token());
        let with = async |headers: &[(&str, &str)]| {
            create_tag(&client, "", &[&[("cookie", &*cookie)], headers].concat()).await
        };
        for accepted in [
            &[][..],
            &[("origin", &*own)],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-origin"), ("origin", &own)],
            &[("origin", "http://accounts.localhost"), ("host", "accounts.localhost")],
        ] {
            assert_eq!(with(accepted).await.status, 200, "{name} {accepted:?}");
        }
        for refused in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "")],
            &[("sec-fetch-site", "same-origin, cross-site")],
            &[("sec-fetch-site", "cross-site"), ("origin", &own)],
            &[("origin", "null")],
            &[("origin", "")],
            &[("origin", "https://evil.example")],
            &[("origin", &other_scheme)],
            &[("origin", &other_port)],
            &[("origin", "http://localhost")],
        ] {
            let response = with(refused).await;
            assert_eq!(response.refusal(), (REFUSED.0, REFUSED.1.into()), "{name} {refused:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_a_token_in_the_header_or_the_query_may_come_from_any_origin() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let foreign = [("sec-fetch-site", "cross-site"), ("origin", "https://app.example")];
    let bearer = format!("Bearer {}", ann.token());
    let cookie = format!("__Host-token={}", ann.token());
    let with_header = [&foreign[..], &[("authorization", &bearer), ("cookie", &cookie)]].concat();
    assert_eq!(create_tag(&client, "", &with_header).await.status, 200);
    let query = format!("?token={}", ann.token());
    assert_eq!(create_tag(&client, &query, &foreign).await.status, 200);
    // A read changes nothing, and no other page can read its response.
    for method in [Method::GET, Method::HEAD] {
        let request = client.request(method, "/v1.0/customer").header("cookie", &cookie);
        let request = request.header("sec-fetch-site", "cross-site");
        assert_eq!(client.send(request).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_authenticated_route_that_changes_something_refuses_a_cookie_from_another_site() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let cookie = format!("__Host-token={}", ann.token());
    for deployed in deployed_routes() {
        let Route { method, path } = &deployed.route;
        if deployed.route.is_read() || matches!(deployed.audience, Audience::Anyone) {
            continue;
        }
        let path = path.replace("{id}", "5e4a0680-804e-11ec-8477-2fea5968d85b");
        let request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), &path);
        let request = request.header("cookie", &cookie).header("sec-fetch-site", "same-site");
        let response = client.send(request.json(&json!({}))).await;
        assert_eq!(response.refusal(), (REFUSED.0, REFUSED.1.into()), "{}", deployed.route);
    }
}

/// The gateway sends cookies as a field of its event. A header `Cookie` in the event has the same meaning.
#[tokio::test(flavor = "multi_thread")]
async fn cookies_of_the_gateways_event_and_of_its_headers_are_equal() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let cookie = format!("__Host-token={}", ann.token());
    let route = Route::new("POST", "/v1.0/tags");
    for (site, status) in [("same-origin", 200), ("cross-site", 403)] {
        let mut headers = json!({ "sec-fetch-site": site });
        let mut by_field = event(&route, "192.0.2.1", &headers, &json!({}));
        by_field.cookies = Some(vec!["theme=dark".to_owned(), cookie.clone()]);
        headers["cookie"] = json!(format!("theme=dark; {cookie}"));
        let by_header = event(&route, "192.0.2.1", &headers, &json!({}));
        for event in [by_field, by_header] {
            let response = client.service().invoke_function("resource-create tags", event).await.unwrap();
            assert_eq!(response.status(), status, "{site}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_has_to_be_json_also_where_no_body_is_read() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let rotate = |content_type: Option<&str>, body: &'static str| {
        let request = ann.request(Method::POST, "/v1.0/customer/webhook/rotate").body(body);
        let with_type = content_type
            .into_iter()
            .fold(request, |request, media_type| request.header("content-type", media_type));
        ann.send(with_type)
    };
    for (content_type, body, status) in [
        (None, "", 200),
        (Some("text/plain"), "", 200),
        (Some("application/json; charset=utf-8"), "{}", 200),
        (None, "{}", 415),
        (Some("text/plain"), "{}", 415),
        (Some("multipart/form-data; boundary=a"), "--a--", 415),
        (Some("application/x-www-form-urlencoded"), "a=b", 415),
    ] {
        let response = rotate(content_type, body).await;
        assert_eq!(response.status, status, "{content_type:?} {body:?}: {}", response.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_response_keeps_browsers_on_https() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let get = |path: &str| ann.request(Method::GET, path);
    let preflight = client.request(Method::OPTIONS, "/v1.0/tags").header("origin", "https://app.example");
    let too_large = vec![b'x'; 11 * 1024 * 1024];
    let requests = [
        (get("/v1.0/customer"), 200),
        (ann.request(Method::HEAD, "/v1.0/customer"), 200),
        (get("/v1.0/customer").header("if-none-match", "*"), 304),
        (preflight.header("access-control-request-method", "POST"), 204),
        (client.request(Method::GET, "/auth/password-forgot"), 200),
        (client.request(Method::GET, "/auth/email-verify"), 400),
        (client.request(Method::GET, "/v1.0/customer"), 401),
        (get("/v1.0/customers"), 403),
        (get("/v1.0/unknown"), 404),
        (ann.request(Method::POST, "/v1.0/tags").body("{"), 415),
        (ann.request(Method::POST, "/v1.0/tags").body(vec![b'x'; 100_000]), 413),
    ];
    for (request, status) in requests {
        let response = client.send(request).await;
        assert_eq!(response.status, status, "{}", response.text);
        let found = response.headers.get_all("strict-transport-security").iter().collect::<Vec<_>>();
        assert_eq!(found, ["max-age=63072000; includeSubDomains"], "{}", response.text);
    }
    // The gateway itself refuses this body, in a format that the API description does not cover.
    let request = reqwest::Client::new().post(format!("{}/v1.0/tags", client.base())).body(too_large);
    if let Ok(response) = request.send().await {
        assert_eq!(response.status(), 413);
        assert!(response.headers().contains_key("strict-transport-security"));
    }
}

/// Otherwise a page could read a header of the local service that it cannot read once the service is deployed.
#[tokio::test(flavor = "multi_thread")]
async fn the_local_service_exposes_the_headers_that_the_deployed_gateway_exposes() {
    let template = include_str!("../../../template.yaml");
    let (_, list) = template.split_once("ExposeHeaders:\n").unwrap();
    let names = list.lines().map_while(|line| line.trim().strip_prefix("- "));
    let deployed: BTreeSet<_> = names.map(str::to_ascii_lowercase).collect();
    let client = Client::start().await;
    let request = client.request(Method::GET, "/ping").header("origin", "https://app.example");
    let response = client.send(request).await;
    let exposed = response.headers["access-control-expose-headers"].to_str().unwrap();
    assert_eq!(exposed.split(',').map(str::to_owned).collect::<BTreeSet<_>>(), deployed);
}
