//! Transaction conflicts and throttled requests.

use custodian_engine::Fault;
use custodian_tests::PASSWORD;
use custodian_tests::observers::{throughput_exceeded, transaction_conflict};
use reqwest::Method;
use serde_json::json;

use crate::Fixture;

/// Makes every request of an operation fail.
fn fail_always(fixture: &Fixture, operation: &'static str, fault: &Fault) {
    let fault = fault.clone();
    fixture.script.set(move |called, _| if called == operation { fault.clone() } else { Fault::None });
}

#[tokio::test(flavor = "multi_thread")]
async fn transaction_conflicts_are_retried() {
    let fixture = Fixture::new().await;
    for times in 1..=4 {
        let _expected = fixture.fault_next("TransactWriteItems", times, &transaction_conflict()).await;
        fixture.tenant.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
    }
    let _expected = fixture.fault_next("TransactWriteItems", 3, &transaction_conflict()).await;
    fixture.tenant.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    fixture.script.clear();
    assert_eq!(fixture.tables().query("tags", "customer_id", &fixture.id).len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_transaction_conflicts_return_503_and_write_nothing_but_counters_of_limits() {
    let fixture = Fixture::new().await;
    fixture.client.idle().await;
    let _paused = fixture.client.service().pause_background_work().await;
    let dump = || {
        let mut dump = fixture.tables().dump();
        // A released reservation leaves its time in a row that has other reservations.
        dump.remove("throttle");
        dump
    };
    let before = dump();
    fail_always(&fixture, "TransactWriteItems", &transaction_conflict());
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
        ("GetItem", "GET", "/v1.0/billing_account"),
        ("TransactWriteItems", "POST", "/v1.0/tags"),
    ] {
        let _expected = fixture.fault_next(operation, 2, &throughput_exceeded()).await;
        let response = match method {
            "GET" => fixture.tenant.get(path).await,
            _ => fixture.tenant.post(path, json!({ "name": "a" })).await,
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
        let fault = Fault::Respond(code, body.clone());
        let _expected = fixture.fault_next("TransactWriteItems", 2, &fault).await;
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
    for times in 1..=3 {
        for operation in ["PutItem", "DeleteItem"] {
            let _expected = fixture.fault_next(operation, times, &conflict).await;
            fixture.client.post("/auth/login", login.clone()).await.ok();
        }
        // An update stores the response for a repetition.
        let create = || {
            let request = fixture.tenant.request(Method::POST, "/v1.0/tags");
            let request = request.header("idempotency-key", format!("key-{times}"));
            fixture.tenant.send(request.json(&json!({ "name": "a" })))
        };
        let _expected = fixture.fault_next("UpdateItem", times, &conflict).await;
        let created = create().await;
        created.ok();
        assert_eq!(create().await.text, created.text);
    }
    fail_always(&fixture, "PutItem", &conflict);
    let refused = fixture.client.post("/auth/login", login).await;
    assert_eq!(refused.refusal(), (503, "SERVICE_UNAVAILABLE".to_owned()));
}
