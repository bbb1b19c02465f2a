//! Batches of which the database does only a part.

use custodian_engine::Fate;
use custodian_tests::Plan;
use custodian_tests::weather::in_part;
use serde_json::json;

use crate::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn keys_left_unprocessed_are_asked_for_again() {
    let stage = Stage::set().await;
    let engine = stage.client.engine().clone();
    // One key a table is read, the rest is left; so again, until all are read.
    stage.script.set(move |operation, body| match operation {
        "BatchGetItem" => in_part(&engine, operation, body, 1),
        _ => Fate::Pass,
    });
    let operator = stage.client.operator().await;
    let account = operator.get(&format!("/v1.0/customers/{}", stage.id)).await.ok();
    assert_eq!(account["id"], stage.id.as_str());
    assert_eq!(operator.get("/v1.0/customers").await.ok()["result"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_stay_unprocessed_let_nobody_in() {
    let stage = Stage::set().await;
    stage.script.set(|operation, body| {
        if operation == "BatchGetItem" {
            return Fate::Answer(200, json!({ "Responses": {}, "UnprocessedKeys": body["RequestItems"] }));
        }
        Fate::Pass
    });
    let answer = stage.tenant.get("/v1.0/customer").await;
    assert_eq!(answer.refusal(), (503, "SERVICE_UNAVAILABLE".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_left_unprocessed_are_asked_for_again() {
    let stage = Stage::set().await;
    let tag = |n| json!({ "customer_id": { "S": stage.id }, "id": { "S": format!("tag {n:03}") } });
    stage.tables().insert("tags", &(0..120).map(tag).collect::<Vec<_>>());
    let engine = stage.client.engine().clone();
    // At most ten of a batch are done.
    stage.script.set(move |operation, body| match operation {
        "BatchWriteItem" => in_part(&engine, operation, body, 10),
        _ => Fate::Pass,
    });
    let operator = stage.client.operator().await;
    operator.delete(&format!("/v1.0/customers/{}", stage.id)).await.ok();
    stage.client.idle().await;
    assert_eq!(stage.tables().left_of(&stage.id), []);
    assert_eq!(stage.tables().removed(&stage.id)["tags"], 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cascade_that_is_too_fast_for_its_table_slows_down_and_ends_by_itself() {
    let stage = Stage::set().await;
    let tag = |n| json!({ "customer_id": { "S": stage.id }, "id": { "S": format!("tag {n:03}") } });
    stage.tables().insert("tags", &(0..600).map(tag).collect::<Vec<_>>());
    // Of ten batches nine are refused whole, which is more than the SDK repeats by itself.
    let mut asked = 0;
    stage.script.set(move |operation, _| {
        asked += usize::from(operation == "BatchWriteItem");
        if operation == "BatchWriteItem" && asked % 10 != 0 { Plan::throttled() } else { Fate::Pass }
    });
    let operator = stage.client.operator().await;
    operator.delete(&format!("/v1.0/customers/{}", stage.id)).await.ok();
    // Without the clock being moved: nothing failed, and nothing waits to be tried again.
    stage.client.idle().await;
    assert_eq!(stage.tables().left_of(&stage.id), []);
    assert_eq!(stage.tables().removed(&stage.id)["tags"], 600);
}
