//! Requests and answers that get lost on the way.

use custodian_engine::Fate;
use custodian_tests::PASSWORD;
use serde_json::json;

use crate::Stage;

/// Loses the next request of an operation, or its answer.
fn lose_next(stage: &Stage, operation: &'static str, fate: Fate) {
    let mut fate = Some(fate);
    stage.script.set(
        move |called, _| {
            if called == operation { fate.take().unwrap_or(Fate::Pass) } else { Fate::Pass }
        },
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_is_lost_is_done_once() {
    let stage = Stage::set().await;
    for fate in [Fate::Lose, Fate::LoseAnswer] {
        lose_next(&stage, "TransactWriteItems", fate.clone());
        let tag = stage.tenant.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
        let path = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());
        lose_next(&stage, "TransactWriteItems", fate.clone());
        stage.tenant.put(&path, json!({ "name": "b" })).await.ok();
        let row = &stage.tables().query("tags", "customer_id", &stage.id)[0];
        assert_eq!(row["version"]["N"], "2", "changed once");
        lose_next(&stage, "TransactWriteItems", fate.clone());
        stage.tenant.delete(&path).await.ok();
        assert_eq!(stage.tables().query("tags", "customer_id", &stage.id).len(), 0);
        let counters = stage.tables().query("usage", "customer_id", &stage.id);
        assert!(counters.iter().all(|row| row.get("n_tags").is_none_or(|n| n["N"] == "0")), "counted once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_change_whose_answer_is_lost_is_one_change_and_one_event() {
    let stage = Stage::set().await;
    let operator = stage.client.operator().await;
    let account = format!("/v1.0/customers/{}", stage.id);
    for fate in [Fate::Lose, Fate::LoseAnswer] {
        for command in ["freeze", "recover"] {
            lose_next(&stage, "TransactWriteItems", fate.clone());
            operator.post(&format!("{account}/{command}"), json!({})).await.ok();
        }
    }
    lose_next(&stage, "TransactWriteItems", Fate::LoseAnswer);
    assert_eq!(operator.delete(&account).await.ok()["status"], "deleted");
    stage.client.idle().await;
    let told = stage.client.get("/_local/events").await.ok();
    let of = |event: &&serde_json::Value| {
        let detail = &event["detail"];
        detail["customer_id"] == stage.id.as_str()
            && detail["type"].as_str().unwrap().starts_with("customer_")
    };
    let mut versions: Vec<_> = told["result"].as_array().unwrap().iter().filter(of).collect();
    versions.reverse();
    let versions: Vec<_> =
        versions.iter().map(|event| event["detail"]["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7, 8], "the last one says that it is erased");
    assert_eq!(stage.tables().left_of(&stage.id), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_that_are_lost_are_read_again() {
    let stage = Stage::set().await;
    for fate in [Fate::Lose, Fate::LoseAnswer] {
        lose_next(&stage, "BatchGetItem", fate.clone());
        stage.tenant.get("/v1.0/customer").await.ok();
        lose_next(&stage, "Query", fate.clone());
        stage.tenant.get("/v1.0/tags").await.ok();
        lose_next(&stage, "GetItem", fate.clone());
        stage.client.login("ada", PASSWORD).await;
    }
}
