//! Transaction conflicts and throttled requests.

use custodian_engine::Fault;
use custodian_tests::PASSWORD;
use custodian_tests::observers::{throughput_exceeded, transaction_conflict};
use serde_json::json;

use crate::Fixture;

/// Makes the next `times` requests of an operation fail.
fn fail_next(fixture: &Fixture, operation: &'static str, times: usize, fault: &Fault) {
    let (mut left, fault) = (times, fault.clone());
    fixture.script.set(move |called, _| {
        if called != operation || left == 0 {
            return Fault::None;
        }
        left -= 1;
        fault.clone()
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn transaction_conflicts_are_retried() {
    let fixture = Fixture::new().await;
    for times in 1..=4 {
        fail_next(&fixture, "TransactWriteItems", times, &transaction_conflict());
        fixture.tenant.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
    }
    fail_next(&fixture, "TransactWriteItems", 3, &transaction_conflict());
    fixture.tenant.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    fixture.script.clear();
    assert_eq!(fixture.tables().query("tags", "customer_id", &fixture.id).len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_transaction_conflicts_return_503_and_write_nothing() {
    let fixture = Fixture::new().await;
    fixture.client.idle().await;
    let _paused = fixture.client.service().pause_background_work().await;
    let dump = || {
        let mut dump = fixture.tables().dump();
        // A released reservation leaves its time in the row.
        dump.remove("throttle");
        dump
    };
    let before = dump();
    fail_next(&fixture, "TransactWriteItems", usize::MAX, &transaction_conflict());
    let tag = fixture.tenant.post("/v1.0/tags", json!({ "name": "a" }));
    let freeze = fixture.tenant.post("/auth/unregister", json!({ "password": PASSWORD }));
    let update = fixture.tenant.put("/v1.0/customer", json!({ "name": "new" }));
    let (tag, freeze, update) = tokio::join!(tag, freeze, update);
    for response in [tag, freeze, update] {
        assert_eq!(response.refusal(), (503, "SERVICE_UNAVAILABLE".to_owned()));
        let seconds: u32 = response.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!(seconds >= 1);
    }
    assert_eq!(dump(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled_requests_are_retried() {
    let fixture = Fixture::new().await;
    for (operation, method, path) in [
        ("BatchGetItem", "GET", "/v1.0/customer"),
        ("Query", "GET", "/v1.0/tags"),
        ("TransactWriteItems", "POST", "/v1.0/tags"),
        ("GetItem", "LOGIN", "/auth/login"),
    ] {
        fail_next(&fixture, operation, 2, &throughput_exceeded());
        let response = match method {
            "GET" => fixture.tenant.get(path).await,
            "POST" => fixture.tenant.post(path, json!({ "name": "a" })).await,
            _ => fixture.client.post(path, json!({ "username": "ada", "password": PASSWORD })).await,
        };
        response.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_cancelled_by_throttling_is_retried() {
    let fixture = Fixture::new().await;
    let Fault::Respond(code, mut body) = transaction_conflict() else { panic!("a conflict is a response") };
    for reason in ["ThrottlingError", "ProvisionedThroughputExceeded"] {
        body["CancellationReasons"] = json!([{ "Code": "None" }, { "Code": reason, "Message": "too fast" }]);
        fail_next(&fixture, "TransactWriteItems", 2, &Fault::Respond(code, body.clone()));
        fixture.tenant.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
    }
    fixture.script.clear();
    assert_eq!(fixture.tables().query("tags", "customer_id", &fixture.id).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_write_that_meets_a_transaction_is_retried() {
    let fixture = Fixture::new().await;
    let conflict = Fault::Respond(
        400,
        json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
            "message": "Transaction is ongoing for the item",
        }),
    );
    let login = json!({ "username": "ada", "password": PASSWORD });
    for operation in ["PutItem", "UpdateItem", "DeleteItem"] {
        for times in 1..=3 {
            fail_next(&fixture, operation, times, &conflict);
            fixture.client.post("/auth/login", login.clone()).await.ok();
        }
    }
    fail_next(&fixture, "PutItem", usize::MAX, &conflict);
    let refused = fixture.client.post("/auth/login", login).await;
    assert_eq!(refused.refusal(), (503, "SERVICE_UNAVAILABLE".to_owned()));
}
