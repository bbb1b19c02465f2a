//! Batches of which the database does only a part.

use custodian_engine::Fate;
use serde_json::{Map, Value, json};

use crate::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn keys_left_unprocessed_are_asked_for_again() {
    let stage = Stage::set().await;
    let engine = stage.client.engine().clone();
    // One key a table is read, the rest is left; so again, until all are read.
    stage.script.set(move |operation, body| {
        if operation != "BatchGetItem" {
            return Fate::Pass;
        }
        let (mut now, mut left) = (body.clone(), Map::new());
        for (table, part) in now["RequestItems"].as_object_mut().unwrap() {
            let rest = part["Keys"].as_array_mut().unwrap().split_off(1);
            if !rest.is_empty() {
                let mut later = part.clone();
                later["Keys"] = Value::Array(rest);
                left.insert(table.clone(), later);
            }
        }
        let mut answer = engine.call("BatchGetItem", &now).unwrap();
        answer["UnprocessedKeys"] = Value::Object(left);
        Fate::Answer(200, answer)
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
    stage.script.set(move |operation, body| {
        if operation != "BatchWriteItem" {
            return Fate::Pass;
        }
        let mut now = body.clone();
        let (table, list) = now["RequestItems"].as_object_mut().unwrap().iter_mut().next().unwrap();
        let list = list.as_array_mut().unwrap();
        let left = list.split_off(list.len().min(10));
        let left = if left.is_empty() { json!({}) } else { json!({ table: left }) };
        let mut answer = engine.call("BatchWriteItem", &now).unwrap();
        answer["UnprocessedItems"] = left;
        Fate::Answer(200, answer)
    });
    let operator = stage.client.operator().await;
    operator.delete(&format!("/v1.0/customers/{}", stage.id)).await.ok();
    stage.client.idle().await;
    assert_eq!(stage.tables().left_of(&stage.id), []);
    assert_eq!(stage.tables().removed(&stage.id)["tags"], 120);
}
