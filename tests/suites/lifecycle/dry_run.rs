//! A dry run of unregistering shows what would be deleted, and changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use custodian_app::unregister::{UnregisterRequest, preview};
use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_domain::{Reason, Timestamp};
use custodian_tests::observers::OperationRecorder;
use custodian_tests::{Client, PASSWORD, Tables, TestApp};
use serde_json::{Value, json};

fn dry_run(immediate: bool) -> Value {
    json!({ "dry_run": true, "immediate": immediate })
}

fn rows(plan: &Value) -> BTreeMap<String, u64> {
    let tables = plan["tables"].as_array().unwrap().iter();
    tables
        .map(|table| (table["name"].as_str().unwrap().to_owned(), table["rows"].as_u64().unwrap()))
        .collect()
}

/// An account with rows of several kinds, and two numbers.
async fn full_account(client: &Client) -> (String, Client) {
    let (id, ann) = client.tenant("ann").await;
    for name in ["a", "b", "c"] {
        ann.post("/v1.0/tags", json!({ "name": name })).await.ok();
    }
    ann.post("/v1.0/flows", json!({ "name": "menu" })).await.ok();
    for number in ["+4930123456", "+4930123457"] {
        ann.post("/v1.0/numbers", json!({ "number": number })).await.ok();
    }
    ann.post("/v1.0/agents", json!({ "username": "ann-2", "password": PASSWORD })).await.ok();
    (id, ann)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_only_reads_and_is_no_attempt() {
    let recorder = Arc::new(OperationRecorder::default());
    let client = Client::start_observed(recorder.clone()).await;
    let (id, ann) = full_account(&client).await;
    let with_key = ann.with_access_key().await;
    with_key.get("/v1.0/customer").await.ok();
    client.idle().await;
    let tables = Tables(client.engine().clone());
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    let before = tables.dump();
    recorder.take();
    for caller in [&ann, &with_key] {
        for immediate in [false, true] {
            // Wrong confirmations do not matter, and more dry runs than permitted attempts succeed.
            for _ in 0..12 {
                let mut body = dry_run(immediate);
                body["password"] = json!("wrong password");
                body["confirmation_phrase"] = json!("");
                let plan = caller.post("/auth/unregister", body).await.ok();
                assert_eq!((&plan["dry_run"], &plan["id"]), (&json!(true), &json!(id)));
                assert_eq!(plan["immediate"], json!(immediate));
                let mut numbers: Vec<_> = plan["numbers"].as_array().unwrap().iter().collect();
                numbers.sort_by_key(|number| number.to_string());
                assert_eq!(numbers, [&json!("+4930123456"), &json!("+4930123457")]);
            }
        }
    }
    let written: Vec<_> = recorder.take().into_iter().filter(|name| !is_read(name)).collect();
    assert_eq!(written, [""; 0]);
    assert_eq!(tables.dump(), before);
    drop(paused);
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
}

fn is_read(operation: &str) -> bool {
    ["GetItem", "BatchGetItem", "Query"].contains(&operation)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_counts_the_rows_that_the_deletion_then_removes() {
    let client = Client::start().await;
    let (id, ann) = full_account(&client).await;
    client.idle().await;
    let plan = ann.post("/auth/unregister", dry_run(true)).await.ok();
    let planned = rows(&plan);
    assert_eq!((planned["tags"], planned["agents"], planned["numbers"]), (3, 3, 2), "{plan}");
    let body = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    ann.post("/auth/unregister", body).await.ok();
    client.idle().await;
    assert_eq!(Tables(client.engine().clone()).removed_rows(&id), planned);
}

async fn due(app: &TestApp, id: custodian_domain::CustomerId, immediate: bool) -> Result<Timestamp, Reason> {
    let request = UnregisterRequest::read(dry_run(immediate).as_object().unwrap()).unwrap();
    let customer = app.customer(id).await;
    let preview = preview(&app.cx, &customer, &request).await;
    preview.map(|preview| preview.tm_due).map_err(|failure| failure.reason())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_the_date_of_the_deletion_or_the_refusal() {
    let app = TestApp::default();
    let id = app.active_account("ada").await;
    let planned = due(&app, id, false).await;
    let frozen = app.change(id, app.freeze_command()).await.due().unwrap();
    assert_eq!(planned, Ok(frozen));
    app.clock.advance(std::time::Duration::from_secs(86_400));
    assert_eq!(due(&app, id, false).await, Ok(frozen), "the date of a frozen account stays");
    assert_eq!(due(&app, id, true).await, Ok(app.cx.now()));
    app.change(id, Command::Recover(Initiator::Owner)).await;
    let unverified = app.initial_account("bea").await;
    assert_eq!(due(&app, unverified, false).await, Err(Reason::StateInvalid));
    assert_eq!(due(&app, unverified, true).await, Ok(app.cx.now()));
}
