//! A run of `reconcile` works until its time is over, however much is left undone.

use std::time::Duration;

use custodian_domain::lifecycle::Command;
use custodian_domain::{CustomerId, Status, Timestamp};
use custodian_tests::{CASCADE_TABLES, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

const QUARTER: Duration = Duration::from_secs(15 * 60);

fn number(time: Timestamp) -> Value {
    json!({ "N": time.micros().to_string() })
}

/// Stores ledgers that were completed now and are not verified yet.
fn seed_completed(app: &TestApp, count: u128) -> Vec<CustomerId> {
    let now = number(app.clock.now());
    let ids: Vec<_> = (1..=count).map(|n| CustomerId(Uuid::from_u128(n))).collect();
    let mut rows = Vec::new();
    for id in &ids {
        rows.push(json!({
            "customer_id": { "S": id.to_string() }, "key": { "S": "ledger" }, "cause": { "S": "deleted" },
            "version": { "N": "3" }, "tm_open": now, "tm_progress": now, "open": { "S": "sealed" },
            "steps": { "N": CASCADE_TABLES.len().to_string() }, "tm_sealed": now, "removed": { "M": {} },
        }));
        rows.extend(CASCADE_TABLES.iter().map(|table| {
            json!({
                "customer_id": { "S": id.to_string() }, "key": { "S": format!("step#{table}") },
                "step": { "S": table }, "closed": { "BOOL": true }, "removed": { "N": "0" }, "tm_progress": now,
            })
        }));
    }
    app.tables.insert("deletions", &rows);
    ids
}

/// The number of verified ledgers.
fn confirmed(app: &TestApp, ids: &[CustomerId]) -> usize {
    let headers = ids.iter().map(|id| app.tables.ledger(&id.to_string()).0.unwrap());
    headers.filter(|header| header.get("tm_confirmed").is_some() && header.get("open").is_none()).count()
}

/// Invariant I5: verified empty.
#[tokio::test(flavor = "multi_thread")]
async fn one_run_verifies_every_completed_deletion() {
    let app = TestApp::default();
    let ids = seed_completed(&app, 330);
    // One of them has left a row.
    let row = json!({ "customer_id": { "S": ids[7].to_string() }, "id": { "S": "late" } });
    app.tables.insert("flows", &[row]);
    app.clock.advance(QUARTER);
    app.reconcile().await.unwrap();
    assert_eq!(confirmed(&app, &ids), 329);
    assert_eq!(app.metrics.of("RowsFoundAfterDeletion").sum, 1);
    assert_eq!(app.metrics.of("OldestUnconfirmedDeletion").last, 900, "when the run began, in seconds");
    app.run_until_idle().await.unwrap();
    app.clock.advance(QUARTER);
    app.reconcile().await.unwrap();
    assert_eq!(confirmed(&app, &ids), 330);
    app.reconcile().await.unwrap();
    assert_eq!(app.metrics.of("OldestUnconfirmedDeletion").last, 0);
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn two_runs_in_parallel_do_no_harm() {
    let app = TestApp::default();
    let ids = seed_completed(&app, 220);
    for late in [3, 150] {
        let row = json!({ "customer_id": { "S": ids[late].to_string() }, "id": { "S": "late" } });
        app.tables.insert("flows", &[row]);
    }
    app.clock.advance(QUARTER);
    let runs = (0..2).map(|_| {
        let app = app.clone();
        tokio::spawn(async move { app.reconcile().await })
    });
    for run in futures::future::join_all(runs).await {
        run.unwrap().unwrap();
    }
    assert_eq!(confirmed(&app, &ids), 218);
    app.run_until_idle().await.unwrap();
    for late in [3, 150] {
        let id = ids[late].to_string();
        assert_eq!(app.tables.remaining_rows(&id), []);
        assert_eq!(app.tables.removed_rows(&id)["flows"], 1, "counted once");
    }
}

/// Each part works page by page, and a failure of one customer stops none of the others.
#[tokio::test(flavor = "multi_thread")]
async fn no_part_of_a_run_starves_another() {
    let app = TestApp::default();
    let completed = seed_completed(&app, 120);
    let mut stalled = Vec::new();
    for n in 0..3 {
        let id = app.active_account(&format!("stalled{n}")).await;
        app.change(id, Command::Delete).await;
        stalled.push(id);
    }
    app.cx.services.state().cascade_starts.clear();
    let mut overdue = Vec::new();
    for n in 0..110 {
        overdue.push(app.initial_account(&format!("overdue{n}")).await);
    }
    let frozen = app.active_account("frozen").await;
    app.change(frozen, app.freeze_command()).await;
    app.clock.advance(31 * 96 * QUARTER);
    // A ledger that cannot be read fails, and stops no other.
    let row = json!({
        "customer_id": { "S": completed[0].to_string() }, "key": { "S": "step#tags" }, "step": { "S": "tags" },
        "closed": { "S": "no boolean" },
    });
    app.tables.insert("deletions", &[row]);
    app.reconcile().await.unwrap_err();
    assert_eq!(confirmed(&app, &completed), 119);
    for id in &overdue {
        assert_eq!(app.customer(*id).await.status(), Status::Expired);
    }
    assert_eq!(app.customer(frozen).await.status(), Status::Deleted);
    let tasks = app.cx.services.state().cascade_tasks.clone();
    assert!(stalled.iter().all(|id| tasks.iter().any(|task| task.customer_id == *id)));
}

/// A run that has no time left starts nothing, and the next run continues.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_stops_when_its_time_is_over() {
    let app = TestApp::default();
    let ids = seed_completed(&app, 150);
    app.clock.advance(QUARTER);
    let clock = app.clock.clone();
    // The time is over when the run marks its first ledger.
    app.fault_injector.before_next("TransactWriteItems", move || clock.advance(Duration::from_secs(61)));
    app.reconcile().await.unwrap();
    let first = confirmed(&app, &ids);
    assert!((1..=16).contains(&first), "{first}: only what had begun is finished");
    app.reconcile().await.unwrap();
    assert_eq!(confirmed(&app, &ids), 150);
}
