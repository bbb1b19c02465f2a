//! Others at work on the same items, and requests that come too fast.

use custodian_engine::Fate;
use custodian_tests::{PASSWORD, Plan};
use serde_json::json;

use crate::Stage;

/// Gives the next `times` requests of an operation a fate.
fn next(stage: &Stage, operation: &'static str, times: usize, fate: &Fate) {
    let (mut left, fate) = (times, fate.clone());
    stage.script.set(move |called, _| {
        if called != operation || left == 0 {
            return Fate::Pass;
        }
        left -= 1;
        fate.clone()
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_waited_out() {
    let stage = Stage::set().await;
    for times in 1..=4 {
        next(&stage, "TransactWriteItems", times, &Plan::conflict());
        stage.tenant.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
    }
    next(&stage, "TransactWriteItems", 3, &Plan::conflict());
    stage.tenant.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    stage.script.clear();
    assert_eq!(stage.tables().query("tags", "customer_id", &stage.id).len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_without_end_are_told_and_leave_nothing_half_done() {
    let stage = Stage::set().await;
    stage.client.idle().await;
    let _still = stage.client.service().hold_still().await;
    let dump = || {
        let mut dump = stage.tables().dump();
        // An attempt that was counted and taken back leaves when it was.
        dump.remove("throttle");
        dump
    };
    let before = dump();
    next(&stage, "TransactWriteItems", usize::MAX, &Plan::conflict());
    let tag = stage.tenant.post("/v1.0/tags", json!({ "name": "a" }));
    let freeze = stage.tenant.post("/auth/unregister", json!({ "password": PASSWORD }));
    let update = stage.tenant.put("/v1.0/customer", json!({ "name": "new" }));
    let (tag, freeze, update) = tokio::join!(tag, freeze, update);
    for answer in [tag, freeze, update] {
        assert_eq!(answer.refusal(), (503, "SERVICE_UNAVAILABLE".to_owned()));
        let seconds: u32 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!(seconds >= 1);
    }
    assert_eq!(dump(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled_requests_are_repeated() {
    let stage = Stage::set().await;
    for (operation, method, path) in [
        ("BatchGetItem", "GET", "/v1.0/customer"),
        ("Query", "GET", "/v1.0/tags"),
        ("TransactWriteItems", "POST", "/v1.0/tags"),
        ("GetItem", "LOGIN", "/auth/login"),
    ] {
        next(&stage, operation, 2, &Plan::throttled());
        let answer = match method {
            "GET" => stage.tenant.get(path).await,
            "POST" => stage.tenant.post(path, json!({ "name": "a" })).await,
            _ => stage.client.post(path, json!({ "username": "ada", "password": PASSWORD })).await,
        };
        answer.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_cancelled_by_throttling_is_repeated() {
    let stage = Stage::set().await;
    let Fate::Answer(code, mut body) = Plan::conflict() else { panic!("a conflict is an answer") };
    for reason in ["ThrottlingError", "ProvisionedThroughputExceeded"] {
        body["CancellationReasons"] = json!([{ "Code": "None" }, { "Code": reason, "Message": "too fast" }]);
        next(&stage, "TransactWriteItems", 2, &Fate::Answer(code, body.clone()));
        stage.tenant.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
    }
    stage.script.clear();
    assert_eq!(stage.tables().query("tags", "customer_id", &stage.id).len(), 2);
}
