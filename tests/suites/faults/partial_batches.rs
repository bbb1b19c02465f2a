//! Batches that the database processes in part.

use custodian_engine::Fault;
use custodian_tests::observers::throughput_exceeded;
use custodian_tests::random_faults::partial_batch;
use serde_json::json;

use crate::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn unprocessed_keys_are_read_again() {
    let fixture = Fixture::new().await;
    let engine = fixture.client.engine().clone();
    // Each call reads one key and leaves the rest unprocessed.
    fixture.script.set(move |operation, body| match operation {
        "BatchGetItem" => partial_batch(&engine, operation, body, 1),
        _ => Fault::None,
    });
    let platform_admin = fixture.client.platform_admin().await;
    let account = platform_admin.get(&format!("/v1.0/customers/{}", fixture.id)).await.ok();
    assert_eq!(account["id"], fixture.id.as_str());
    assert_eq!(platform_admin.get("/v1.0/customers").await.ok()["result"].as_array().unwrap().len(), 2);
}

/// Invariant I8: fail closed.
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_stay_unprocessed_authorize_no_caller() {
    let fixture = Fixture::new().await;
    fixture.script.set(|operation, body| {
        if operation == "BatchGetItem" {
            return Fault::Respond(200, json!({ "Responses": {}, "UnprocessedKeys": body["RequestItems"] }));
        }
        Fault::None
    });
    let response = fixture.tenant.get("/v1.0/customer").await;
    assert_eq!(response.refusal(), (503, "SERVICE_UNAVAILABLE".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn unprocessed_deletions_are_sent_again() {
    let fixture = Fixture::new().await;
    let tag = |n| json!({ "customer_id": { "S": fixture.id }, "id": { "S": format!("tag {n:03}") } });
    fixture.tables().insert("tags", &(0..120).map(tag).collect::<Vec<_>>());
    let engine = fixture.client.engine().clone();
    // Each call processes at most ten deletions.
    fixture.script.set(move |operation, body| match operation {
        "BatchWriteItem" => partial_batch(&engine, operation, body, 10),
        _ => Fault::None,
    });
    let platform_admin = fixture.client.platform_admin().await;
    platform_admin.delete(&format!("/v1.0/customers/{}", fixture.id)).await.ok();
    fixture.client.idle().await;
    assert_eq!(fixture.tables().remaining_rows(&fixture.id), []);
    assert_eq!(fixture.tables().removed_rows(&fixture.id)["tags"], 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_cascade_slows_down_and_completes() {
    let fixture = Fixture::new().await;
    let tag = |n| json!({ "customer_id": { "S": fixture.id }, "id": { "S": format!("tag {n:03}") } });
    fixture.tables().insert("tags", &(0..600).map(tag).collect::<Vec<_>>());
    // Nine of ten batches are throttled, which exceeds the SDK's own retries.
    let mut batches = 0;
    fixture.script.set(move |operation, _| {
        batches += usize::from(operation == "BatchWriteItem");
        if operation == "BatchWriteItem" && batches % 10 != 0 { throughput_exceeded() } else { Fault::None }
    });
    let platform_admin = fixture.client.platform_admin().await;
    platform_admin.delete(&format!("/v1.0/customers/{}", fixture.id)).await.ok();
    // The clock does not move, so the test passes only if no message failed and none waits for a retry.
    fixture.client.idle().await;
    assert_eq!(fixture.tables().remaining_rows(&fixture.id), []);
    assert_eq!(fixture.tables().removed_rows(&fixture.id)["tags"], 600);
}
