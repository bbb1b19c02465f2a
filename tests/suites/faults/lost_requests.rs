//! Requests and responses that are lost between the service and the database.

use custodian_engine::Fault;
use serde_json::json;

use crate::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_response_is_lost_is_applied_once() {
    let fixture = Fixture::new().await;
    for fault in [Fault::LoseRequest, Fault::LoseResponse] {
        let _expected = fixture.fault_next("TransactWriteItems", 1, &fault).await;
        let tag = fixture.tenant.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
        let path = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());
        let _expected = fixture.fault_next("TransactWriteItems", 1, &fault).await;
        fixture.tenant.put(&path, json!({ "name": "b" })).await.ok();
        let row = &fixture.tables().query("tags", "customer_id", &fixture.id)[0];
        assert_eq!(row["version"]["N"], "2", "applied once");
        let _expected = fixture.fault_next("TransactWriteItems", 1, &fault).await;
        fixture.tenant.delete(&path).await.ok();
        assert_eq!(fixture.tables().query("tags", "customer_id", &fixture.id).len(), 0);
        let counters = fixture.tables().query("usage", "customer_id", &fixture.id);
        assert!(counters.iter().all(|row| row.get("n_tags").is_none_or(|n| n["N"] == "0")), "counted once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_change_whose_response_is_lost_is_one_change_and_one_event() {
    let fixture = Fixture::new().await;
    let platform_admin = fixture.client.platform_admin().await;
    let account = format!("/v1.0/customers/{}", fixture.id);
    for fault in [Fault::LoseRequest, Fault::LoseResponse] {
        for command in ["freeze", "recover"] {
            let _expected = fixture.fault_next("TransactWriteItems", 1, &fault).await;
            platform_admin.post(&format!("{account}/{command}"), json!({})).await.ok();
        }
    }
    let _expected = fixture.fault_next("TransactWriteItems", 1, &Fault::LoseResponse).await;
    assert_eq!(platform_admin.delete(&account).await.ok()["status"], "deleted");
    fixture.client.idle().await;
    let events = fixture.client.get("/_local/events").await.ok();
    let is_own = |event: &&serde_json::Value| {
        let detail = &event["detail"];
        detail["customer_id"] == fixture.id.as_str()
            && detail["type"].as_str().unwrap().starts_with("customer_")
    };
    let mut versions: Vec<_> = events["result"].as_array().unwrap().iter().filter(is_own).collect();
    versions.reverse();
    let versions: Vec<_> =
        versions.iter().map(|event| event["detail"]["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7, 8], "one event for each version, the last is customer_erased");
    assert_eq!(fixture.tables().remaining_rows(&fixture.id), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_reads_are_retried() {
    let fixture = Fixture::new().await;
    for fault in [Fault::LoseRequest, Fault::LoseResponse] {
        for (operation, path) in [
            ("BatchGetItem", "/v1.0/customer"),
            ("Query", "/v1.0/tags"),
            ("GetItem", "/v1.0/billing_account"),
        ] {
            let _expected = fixture.fault_next(operation, 1, &fault).await;
            fixture.tenant.get(path).await.ok();
        }
    }
}
