//! Pages of other origins can use no route under `/_local/`. Programs, and pages of the service itself, can.

use serde_json::{Value, json};

use crate::process::{Process, new_folder};

const JSON: (&str, &str) = ("content-type", "application/json");
const ROUTES: [(&str, &str); 6] = [
    ("GET", "/_local/mailbox"),
    ("GET", "/_local/events"),
    ("GET", "/_local/schedules"),
    ("GET", "/_local/health"),
    ("POST", "/_local/idle"),
    ("POST", "/_local/clock"),
];

/// Sends a request with these headers. Returns the status and the reason of an error. Fails the test if the response permits
/// another origin to read it.
async fn send(process: &Process, route: (&str, &str), headers: &[(&str, &str)], body: &str) -> (u16, Value) {
    let mut request = process.request(route.0, route.1).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let cors: Vec<_> =
        response.headers().keys().filter(|name| name.as_str().starts_with("access-control")).collect();
    assert!(cors.is_empty(), "{route:?} {headers:?}: {cors:?}");
    let status = response.status().as_u16();
    (status, response.json::<Value>().await.unwrap_or_default()["error"]["reason"].clone())
}

/// The hour of the service's clock.
async fn hour(process: &Process) -> String {
    let (_, body) = process.send("POST", "/_local/idle", "", json!({})).await;
    body["now"].as_str().unwrap()[..13].to_owned()
}

const STEP: &str = r#"{"advance_seconds": 86400}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_reads_and_changes_nothing() {
    let process = Process::start(&new_folder("origins"), &["--ephemeral"]);
    let before = hour(&process).await;
    let other_port = format!("http://127.0.0.1:{}", process.port() ^ 1);
    let other_name = format!("http://localhost:{}", process.port());
    let suffix = format!("{}.evil.example", process.base_url);
    for header in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", ""),
        ("origin", &other_port),
        ("origin", &other_name),
        ("origin", &suffix),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "unknown"),
    ] {
        let refused = (403, json!("ORIGIN_NOT_ALLOWED"));
        for route in ROUTES {
            assert_eq!(send(&process, route, &[header, JSON], STEP).await, refused, "{route:?} {header:?}");
        }
        for route in [("GET", "/_local/unknown"), ("OPTIONS", "/_local/clock"), ("HEAD", "/_local/mailbox")] {
            assert_eq!(send(&process, route, &[header], "").await.0, 403, "{route:?} {header:?}");
        }
    }
    let mixed = [("origin", &*process.base_url), ("sec-fetch-site", "cross-site"), JSON];
    assert_eq!(send(&process, ("GET", "/_local/mailbox"), &mixed, "").await.0, 403);
    assert_eq!(hour(&process).await, before);
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_and_any_other_body_that_is_not_json_changes_nothing() {
    let process = Process::start(&new_folder("forms"), &["--ephemeral"]);
    let before = hour(&process).await;
    for content_type in [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/plain; application/json",
        "application/jsonp",
        "",
    ] {
        for path in ["/_local/clock", "/_local/idle", "/_local/mailbox", "/_local/unknown"] {
            for method in ["POST", "PUT", "DELETE", "PATCH"] {
                let answer = send(&process, (method, path), &[("content-type", content_type)], STEP).await;
                assert_eq!(answer, (415, json!("UNSUPPORTED_MEDIA_TYPE")), "{method} {path} {content_type}");
            }
        }
    }
    // Without a body and without a content type, as `fetch` sends it without a preflight.
    for path in ["/_local/clock", "/_local/idle"] {
        assert_eq!(send(&process, ("POST", path), &[], "").await.0, 415, "{path}");
    }
    assert_eq!(hour(&process).await, before);
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_and_the_pages_of_the_service_use_the_control_routes() {
    let process = Process::start(&new_folder("own-pages"), &["--ephemeral"]);
    let own = process.base_url.clone();
    for headers in [
        &[JSON][..],
        &[("content-type", "Application/JSON; charset=utf-8")],
        &[JSON, ("origin", &own)],
        &[JSON, ("origin", &own), ("sec-fetch-site", "same-origin")],
        &[JSON, ("sec-fetch-site", "none")],
    ] {
        for route in ROUTES {
            assert_eq!(send(&process, route, headers, STEP).await.0, 200, "{route:?} {headers:?}");
        }
        for route in [("GET", "/_local/clock"), ("GET", "/_local/unknown"), ("OPTIONS", "/_local/clock")] {
            let answer = send(&process, route, headers, "").await;
            assert_eq!(answer, (404, json!("ROUTE_NOT_FOUND")), "{route:?} {headers:?}");
        }
    }
    process.kill();
}
