//! The pages of the local service: browsers get HTML where programs get JSON.

use reqwest::Response;
use serde_json::json;

use crate::process::{PASSWORD, Process};

const PAGES: [(&str, &str); 4] = [
    ("/", "Custodian on this computer"),
    ("/_local/mailbox", "Mailbox"),
    ("/_local/events", "Events"),
    ("/_local/schedules", "Schedules"),
];
const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");

async fn open(process: &Process, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = headers
        .iter()
        .fold(process.request("GET", path), |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gets_pages_and_a_program_gets_json() {
    let process = Process::start_ephemeral("pages");
    for (path, heading) in PAGES {
        for site in ["none", "same-origin"] {
            let response = open(&process, path, &[BROWSER, ("sec-fetch-site", site)]).await;
            assert_eq!(response.status(), 200, "{path}");
            let headers = response.headers().clone();
            assert_eq!(headers["content-type"], "text/html; charset=utf-8", "{path}");
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
            assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("script"), "{policy}");
            let page = response.text().await.unwrap();
            assert!(page.contains(&format!("<h1>{heading}</h1>")) && !page.contains("<script"), "{page}");
        }
        for headers in [&[][..], &[("accept", "application/json")], &[("accept", "*/*")]] {
            let response = open(&process, path, headers).await;
            assert_eq!(response.status(), if path == "/" { 404 } else { 200 }, "{path} {headers:?}");
            assert_eq!(response.headers()["content-type"], "application/json", "{path} {headers:?}");
        }
        for site in ["cross-site", "same-site"] {
            assert_eq!(
                open(&process, path, &[BROWSER, ("sec-fetch-site", site)]).await.status(),
                403,
                "{path}"
            );
        }
        let evil = [BROWSER, ("host", "evil.example")];
        assert_eq!(open(&process, path, &evil).await.status(), 421, "{path}");
    }
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_show_mails_with_links_and_escape_the_name_of_an_account() {
    let process = Process::start_ephemeral("escaped");
    let body = json!({ "email": "ann@acme.example", "accepted_tos": true, "name": "<script>alert(1)</script> & Co" });
    process.post("/auth/signup", "", body).await;
    process.post("/_local/idle", "", json!({})).await;
    let page = open(&process, "/_local/mailbox", &[BROWSER]).await.text().await.unwrap();
    assert!(page.contains("To ann@acme.example") && !page.contains("<script"), "{page}");
    let link = format!("<a href=\"{}/auth/email-verify?token=", process.base_url);
    let token = page.split(&link).nth(1).and_then(|rest| rest.get(..64)).unwrap();
    let verification = open(&process, &format!("/auth/email-verify?token={token}"), &[BROWSER]).await;
    assert_eq!(verification.status(), 200);
    let (_, admin) = process.create_account("zaphod").await;
    process.post("/v1.0/tags", &admin, json!({ "name": "vip" })).await;
    process.post("/_local/idle", "", json!({})).await;
    let page = open(&process, "/_local/events", &[BROWSER]).await.text().await.unwrap();
    assert!(page.contains("<td>customer_verified</td>") && page.contains("<td>tag_created</td>"), "{page}");
    let page = open(&process, "/_local/schedules", &[BROWSER]).await.text().await.unwrap();
    assert!(page.contains("<td>expire-"), "{page}");
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_shows_the_state_of_the_clock() {
    let process = Process::start_ephemeral("index");
    let index = async || open(&process, "/", &[BROWSER]).await.text().await.unwrap();
    assert!(index().await.contains("nobody has moved the clock"));
    process.post("/_local/clock", "", json!({ "advance_seconds": 86_400 + 2 * 3600 })).await;
    assert!(index().await.contains("<dd>1 d 2 h</dd>"), "{}", index().await);
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_counts_the_jobs_that_the_schedules_show() {
    let process = Process::start_ephemeral("index-jobs");
    let (_, token) = process.create_account("zaphod").await;
    process.post("/auth/unregister", &token, json!({ "password": PASSWORD })).await;
    // The purge. The jobs of the reminders are not among them.
    let schedules = process.get("/_local/schedules", "").await;
    assert_eq!(schedules["result"].as_array().unwrap().len(), 1, "{schedules}");
    let index = open(&process, "/", &[BROWSER]).await.text().await.unwrap();
    assert!(index.contains("1 pending jobs"), "{index}");
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_of_the_api_is_served() {
    let process = Process::start_ephemeral("description");
    let served = process.get("/openapi.json", "").await;
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/openapi.json");
    let expected: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(served, expected);
    let (status, _) = process.send("DELETE", "/openapi.json", "", json!({})).await;
    assert_eq!(status, 404);
    let index = open(&process, "/", &[BROWSER]).await.text().await.unwrap();
    assert!(index.contains("<a href=\"/docs\">API reference</a>"), "{index}");
    let reference = open(&process, "/docs", &[BROWSER]).await.text().await.unwrap();
    assert!(reference.contains("href=\"/docs/queues#createQueue\""), "{reference}");
    process.kill();
}
