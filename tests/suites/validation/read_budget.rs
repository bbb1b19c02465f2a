//! Large reads: a page has a limited size, and an account may read a limited number of bytes from one instance.

use std::sync::Arc;

use custodian_tests::{Client, OperationRecorder, Response};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_large_rows_has_half_a_megabyte_and_costs_one_query() {
    let recorder = Arc::new(OperationRecorder::default());
    let client = Client::start_observed(Arc::clone(&recorder) as _).await;
    let (_, ann) = client.tenant("ann").await;
    let actions = json!([{ "type": "talk", "option": { "text": "x".repeat(55_000) } }]);
    for number in 0..25 {
        ann.post("/v1.0/flows", json!({ "name": number.to_string(), "actions": actions })).await.ok();
    }
    client.idle().await;
    let service = client.service().clone();
    let _paused = service.pause_background_work().await;
    recorder.take();
    let pages = ann.pages("/v1.0/flows", 100).await;
    let sizes: Vec<_> = pages.iter().map(|page| page.text.len()).collect();
    assert!(sizes.iter().all(|size| *size < 600_000), "a page is too large: {sizes:?}");
    let full = &sizes[..sizes.len() - 1];
    assert!(full.iter().all(|size| *size > 450_000), "a page could have more rows: {sizes:?}");
    let rows: Vec<_> = pages.iter().flat_map(Response::rows).collect();
    let names: Vec<u32> = rows.iter().map(|row| row["name"].as_str().unwrap().parse().unwrap()).collect();
    assert_eq!(names, (0..25).rev().collect::<Vec<u32>>());
    let queries = recorder.take().iter().filter(|operation| *operation == "Query").count();
    assert_eq!(queries, pages.len());
}

/// Sends a request until the account may not read any more. Each costs at least 4 KiB of the burst of 8 KiB, and the clock may move
/// on a little.
async fn until_refused(send: impl AsyncFn() -> Response) -> Response {
    for _ in 0..20 {
        let response = send().await;
        if response.status != 200 {
            return response;
        }
    }
    panic!("no request was refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_reads_too_much_waits_until_its_budget_is_refilled() {
    let client = Client::start_with(&["--read-bytes-per-second", "1024"], Arc::new(())).await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let refused = until_refused(async || ann.get("/v1.0/tags").await).await;
    assert_eq!(refused.refusal(), (429, "RATE_LIMIT_EXCEEDED".into()));
    assert_eq!(refused.headers["ratelimit-policy"], "8192;w=8");
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=4).contains(&wait), "{wait}");
    bob.get("/v1.0/tags").await.ok();
    ann.post("/v1.0/tags", json!({ "name": "a write without an Idempotency-Key is never refused" }))
        .await
        .ok();
    // The responses to writes are charged as well: 4 KiB each.
    client.advance(wait + 4).await;
    ann.get("/v1.0/tags").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_an_idempotency_key_is_limited_like_a_read_because_its_response_may_be_a_stored_one() {
    let client = Client::start_with(&["--read-bytes-per-second", "1024"], Arc::new(())).await;
    let (_, ann) = client.tenant("ann").await;
    let repeat = async || {
        let request = ann.request(reqwest::Method::POST, "/v1.0/tags").header("idempotency-key", "once");
        ann.send(request.json(&json!({}))).await
    };
    assert_eq!(until_refused(repeat).await.refusal(), (429, "RATE_LIMIT_EXCEEDED".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_of_a_deletion_that_would_read_too_much_is_refused_and_counted() {
    let client = Client::start_with(&["--read-bytes-per-second", "1024"], Arc::new(())).await;
    let (_, ann) = client.tenant("ann").await;
    let dry_run = json!({ "dry_run": true });
    let refused = until_refused(async || ann.post("/auth/unregister", dry_run.clone()).await).await;
    assert_eq!(refused.refusal(), (429, "RATE_LIMIT_EXCEEDED".into()));
    assert_eq!(client.service().metrics().of("RequestsThrottled").sum, 1);
}
