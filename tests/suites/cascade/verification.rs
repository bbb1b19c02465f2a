//! The verification pass over completed deletions, and the metrics of unfinished ones.

use std::time::Duration;

use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_domain::{CustomerId, EventType, Timestamp};
use custodian_fn_reconcile::ReconcileRequest;
use custodian_tests::seed::ledger_step;
use custodian_tests::tables::PREFIX;
use custodian_tests::{CASCADE_TABLES, TestApp};
use serde_json::{Value, json};

const QUARTER: Duration = Duration::from_secs(15 * 60);

/// An account whose deletion is complete.
async fn erased_account(app: &TestApp) -> CustomerId {
    let id = app.active_account("zaphod").await;
    app.change(id, Command::Delete(Initiator::Owner)).await;
    app.run_until_idle().await.unwrap();
    app.tables.removed_rows(&id.to_string());
    id
}

fn first_row(app: &TestApp, id: CustomerId) -> Value {
    app.tables.ledger(&id.to_string()).0.unwrap()
}

/// Invariant I5: verified empty.
#[tokio::test(flavor = "multi_thread")]
async fn fifteen_minutes_after_completion_every_table_is_verified_empty() {
    let app = TestApp::default();
    let id = erased_account(&app).await;
    app.reconcile().await.unwrap();
    assert_eq!(first_row(&app, id).get("tm_confirmed"), None, "too early");
    app.clock.advance(QUARTER);
    app.reconcile().await.unwrap();
    let confirmed = first_row(&app, id);
    assert!(confirmed.get("tm_confirmed").is_some() && confirmed.get("open").is_none(), "{confirmed}");
    assert_eq!(app.metrics.of("RowsFoundAfterDeletion").sum, 0);
    // A verified deletion is not verified again.
    let before = app.fault_injector.calls();
    app.clock.advance(QUARTER);
    app.reconcile().await.unwrap();
    assert!(app.fault_injector.calls() - before < 16, "{} calls", app.fault_injector.calls() - before);
}

/// Invariant I5: verified empty.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_found_after_a_completed_deletion_is_counted_and_deleted() {
    let app = TestApp::default();
    let id = erased_account(&app).await;
    app.publish().await.unwrap();
    let neighbour = app.active_account("nessie").await;
    // A row that the gates should have refused, and one of a neighbour.
    for owner in [id, neighbour] {
        let row = json!({ "customer_id": { "S": owner.to_string() }, "id": { "S": "late" } });
        app.tables.insert("tags", &[row]);
    }
    app.clock.advance(QUARTER);
    app.reconcile().await.unwrap();
    assert_eq!(app.metrics.of("RowsFoundAfterDeletion").last, 1);
    assert_eq!(first_row(&app, id)["open"]["S"], "open", "the ledger is reopened");
    app.run_until_idle().await.unwrap();
    assert_eq!(app.tables.remaining_rows(&id.to_string()), []);
    assert_eq!(app.tables.removed_rows(&id.to_string())["tags"], 1);
    assert!(!app.tables.remaining_rows(&neighbour.to_string()).is_empty(), "the neighbour's row stays");

    app.clock.advance(QUARTER);
    app.reconcile().await.unwrap();
    assert_eq!(
        (app.metrics.of("RowsFoundAfterDeletion").last, app.metrics.of("RowsFoundAfterDeletion").sum),
        (0, 1)
    );
    assert!(first_row(&app, id).get("tm_confirmed").is_some());
}

/// Invariant I5: verified empty.
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_may_repeat_the_verification_of_a_deleted_account_at_any_time() {
    let app = TestApp::default();
    let (id, active) = (erased_account(&app).await, app.active_account("nessie").await);
    app.clock.advance(QUARTER);
    app.reconcile().await.unwrap();
    // Much later, a table is restored from a backup.
    app.clock.advance(1000 * QUARTER);
    for owner in [id, active] {
        let row = json!({ "customer_id": { "S": owner.to_string() }, "id": { "S": "restored" } });
        app.tables.insert("flows", &[row]);
    }
    for customer in [active, id] {
        app.reconcile_with(ReconcileRequest { verify: Some(customer), ..ReconcileRequest::default() })
            .await
            .unwrap();
    }
    assert_eq!(app.metrics.of("RowsFoundAfterDeletion").sum, 1);
    app.run_until_idle().await.unwrap();
    assert_eq!(first_row(&app, id).get("tm_confirmed"), None, "not verified since");
    assert_eq!(app.tables.remaining_rows(&id.to_string()), []);
    assert_eq!(app.tables.query("flows", "customer_id", &active.to_string()).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_deletion_is_reported_with_its_age() {
    let app = TestApp::default();
    let id = app.active_account("zaphod").await;
    app.change(id, Command::Delete(Initiator::Owner)).await;
    app.clock.advance(100 * QUARTER);
    app.active_account("nessie").await;
    app.reconcile().await.unwrap();
    assert_eq!(app.metrics.of("UnfinishedDeletions").last, 1);
    assert_eq!(
        app.metrics.of("OldestUnfinishedDeletion").last,
        90_000,
        "in seconds, since the deletion began"
    );
    app.run_until_idle().await.unwrap();
    app.reconcile().await.unwrap();
    assert_eq!(app.metrics.of("UnfinishedDeletions").last, 0);
    assert_eq!(app.metrics.of("OldestUnfinishedDeletion").last, 0);
    assert_eq!(
        app.metrics.of("ErasureTime").last,
        90_000_000,
        "in milliseconds, from deletion to completion"
    );
}

fn micros(row: &Value, name: &str) -> i64 {
    row[name]["N"].as_str().unwrap_or_else(|| panic!("{name} in {row}")).parse().unwrap()
}

/// Invariant I5: verified empty.
#[tokio::test(flavor = "multi_thread")]
async fn each_table_has_the_time_when_it_was_verified_empty() {
    let app = TestApp::default();
    let id = app.active_account("zaphod").await;
    let deleted = app.change(id, Command::Delete(Initiator::Owner)).await.tm_update;
    app.clock.advance(Duration::from_secs(7));
    app.run_until_idle().await.unwrap();
    let verified = |at: Timestamp| {
        let (_, steps) = app.tables.ledger(&id.to_string());
        assert_eq!(steps.len(), CASCADE_TABLES.len());
        for step in steps {
            assert_eq!(micros(&step, "tm_verified"), at.micros(), "{step}");
        }
    };
    verified(deleted.plus(Duration::from_secs(7)));
    assert_eq!(micros(&first_row(&app, id), "tm_sealed"), deleted.plus(Duration::from_secs(7)).micros());
    app.clock.advance(QUARTER);
    app.reconcile().await.unwrap();
    verified(deleted.plus(QUARTER + Duration::from_secs(7)));
}

/// Invariant I5: verified empty.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_found_before_a_deletion_completes_opens_its_step_again() {
    let app = TestApp::default();
    let id = app.active_account("zaphod").await;
    app.change(id, Command::Delete(Initiator::Owner)).await;
    app.run_next().await.unwrap();
    while app.cx.services.state().cascade_tasks.len() != 1 {
        app.run_next().await.unwrap();
    }
    // Rows that the gates should have refused, in tables whose steps are closed.
    let last = app.cx.services.state().cascade_tasks[0].step.clone();
    let tables: Vec<_> = ["tags", "accesskeys"].into_iter().filter(|table| *table != last).collect();
    for table in &tables {
        assert_eq!(ledger_step(&app.tables, id, table)["closed"]["BOOL"], true);
        let before: u64 =
            ledger_step(&app.tables, id, table)["removed"]["N"].as_str().unwrap().parse().unwrap();
        let row = json!({ "customer_id": { "S": id.to_string() }, "id": { "S": "late" } });
        app.tables.insert(table, &[row]);
        assert_eq!(before, 0);
    }
    app.run_next().await.unwrap();
    assert_eq!(first_row(&app, id)["open"]["S"], "open", "the ledger is not completed with rows left");
    for table in &tables {
        let step = ledger_step(&app.tables, id, table);
        assert_eq!((&step["closed"]["BOOL"], step.get("tm_verified")), (&json!(false), None), "{step}");
    }
    app.run_until_idle().await.unwrap();
    app.publish().await.unwrap();
    assert_eq!(app.tables.remaining_rows(&id.to_string()), []);
    let removed = app.tables.removed_rows(&id.to_string());
    assert!(tables.iter().all(|table| removed[*table] == 1), "{removed:?}");
    app.publish().await.unwrap();
    let events = app.cx.services.state().events.clone();
    let erased = events.iter().filter(|event| event.event_type == EventType::CustomerErased).count();
    assert_eq!(erased, 1, "the deletion is reported once, after the late rows are deleted");
}

/// A ledger of an earlier release, which did not know a table.
#[tokio::test(flavor = "multi_thread")]
async fn a_cascade_that_began_before_a_table_was_added_also_empties_this_table() {
    let app = TestApp::default();
    let id = app.active_account("zaphod").await;
    app.change(id, Command::Delete(Initiator::Owner)).await;
    app.run_next().await.unwrap();
    let key = json!({ "customer_id": { "S": id.to_string() }, "key": { "S": "step#tags" } });
    app.tables.call("DeleteItem", &json!({ "TableName": format!("{PREFIX}deletions"), "Key": key }));
    let row = json!({ "customer_id": { "S": id.to_string() }, "id": { "S": "unknown" } });
    app.tables.insert("tags", &[row]);
    app.run_until_idle().await.unwrap();
    assert_eq!(app.tables.removed_rows(&id.to_string())["tags"], 1);
    assert_eq!(app.tables.remaining_rows(&id.to_string()), []);
}
