//! The verification pass over completed deletions, and the metrics of unfinished ones.

use std::time::Duration;

use custodian_domain::CustomerId;
use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_fn_reconcile::ReconcileRequest;
use custodian_tests::TestApp;
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
    // Rows that the gates should have refused.
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
async fn a_platform_admin_may_repeat_the_verification_of_a_deleted_account_at_any_time() {
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
        "in seconds, however often it was resumed"
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
