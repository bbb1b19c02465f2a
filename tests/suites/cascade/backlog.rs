//! A run of `reconcile` works until its time is over, however much is left undone.

use std::time::Duration;

use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_domain::{CustomerId, Status};
use custodian_tests::TestApp;
use custodian_tests::seed::seed_completed_ledgers;
use serde_json::json;

const QUARTER: Duration = Duration::from_secs(15 * 60);

/// Stores ledgers that were completed now and are not verified yet.
fn seed_completed(app: &TestApp, count: usize) -> Vec<CustomerId> {
    let ids = seed_completed_ledgers(&app.tables, app.cx.now(), count);
    // Their stream records would cause `customer_erased` events, which these tests do not need.
    app.skip_stream_records();
    ids
}

/// Runs the workers of all queued tasks.
async fn run_workers(app: &TestApp) {
    loop {
        let next = app.cx.services.state().cascade_tasks.pop();
        let Some(task) = next else { break };
        app.run_worker(task, app.invocation_deadline()).await.unwrap();
    }
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
    let ids = seed_completed(&app, 130);
    // One of them has left a row.
    let row = json!({ "customer_id": { "S": ids[7].to_string() }, "id": { "S": "late" } });
    app.tables.insert("flows", &[row]);
    app.clock.advance(QUARTER);
    app.reconcile().await.unwrap();
    assert_eq!(confirmed(&app, &ids), 129);
    assert_eq!(app.metrics.of("RowsFoundAfterDeletion").sum, 1);
    assert_eq!(app.metrics.of("OldestUnconfirmedDeletion").last, 900, "when the run began, in seconds");
    run_workers(&app).await;
    app.clock.advance(QUARTER);
    app.reconcile().await.unwrap();
    assert_eq!(confirmed(&app, &ids), 130);
    app.reconcile().await.unwrap();
    assert_eq!(app.metrics.of("OldestUnconfirmedDeletion").last, 0);
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn two_runs_in_parallel_do_no_harm() {
    let app = TestApp::default();
    let ids = seed_completed(&app, 120);
    for late in [3, 110] {
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
    assert_eq!(confirmed(&app, &ids), 118);
    run_workers(&app).await;
    for late in [3, 110] {
        let id = ids[late].to_string();
        assert_eq!(app.tables.remaining_rows(&id), []);
        assert_eq!(app.tables.removed_rows(&id)["flows"], 1, "counted once");
    }
}

/// Work for every part of a run but the last mails.
struct Backlog {
    completed: Vec<CustomerId>,
    stalled: Vec<CustomerId>,
    overdue: Vec<CustomerId>,
    frozen: CustomerId,
}

impl Backlog {
    async fn seed(app: &TestApp) -> Self {
        let completed = seed_completed(app, 120);
        let mut stalled = Vec::new();
        for n in 0..3 {
            let id = app.active_account(&format!("stalled{n}")).await;
            app.change(id, Command::Delete(Initiator::Owner)).await;
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
        Self { completed, stalled, overdue, frozen }
    }

    /// The number of expired accounts.
    async fn expired(&self, app: &TestApp) -> usize {
        let mut expired = 0;
        for id in &self.overdue {
            expired += usize::from(app.customer(*id).await.status() == Status::Expired);
        }
        expired
    }

    /// Asserts that the frozen account is deleted and the stalled deletions are resumed.
    async fn assert_small_parts_are_done(&self, app: &TestApp) {
        assert_eq!(app.customer(self.frozen).await.status(), Status::Deleted);
        let tasks = app.cx.services.state().cascade_tasks.clone();
        assert!(self.stalled.iter().all(|id| tasks.iter().any(|task| task.customer_id == *id)));
    }
}

/// Each part works page by page, and a failure of one customer stops none of the others.
#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_cannot_be_read_stops_no_purge_expiry_resumption_or_other_verification() {
    let app = TestApp::default();
    let backlog = Backlog::seed(&app).await;
    let row = json!({
        "customer_id": { "S": backlog.completed[0].to_string() }, "key": { "S": "step#tags" },
        "step": { "S": "tags" }, "closed": { "S": "no boolean" },
    });
    app.tables.insert("deletions", &[row]);
    app.reconcile().await.unwrap_err();
    assert_eq!(confirmed(&app, &backlog.completed), 119);
    assert_eq!(backlog.expired(&app).await, 110);
    backlog.assert_small_parts_are_done(&app).await;
}

/// The time is over before the end of the two large parts: each of them alone needs more than 500 calls.
#[tokio::test(flavor = "multi_thread")]
async fn the_large_parts_of_a_run_starve_neither_each_other_nor_small_ones() {
    let app = TestApp::default();
    let backlog = Backlog::seed(&app).await;
    let clock = app.clock.clone();
    let _expected = app.fault_injector.before_call(400, move || clock.advance(Duration::from_secs(61)));
    app.reconcile().await.unwrap();
    let (confirmed, expired) = (confirmed(&app, &backlog.completed), backlog.expired(&app).await);
    assert!((1..120).contains(&confirmed) && (1..110).contains(&expired), "{confirmed} and {expired}");
    backlog.assert_small_parts_are_done(&app).await;
}

/// A run that has no time left starts nothing, and the next run continues.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_stops_when_its_time_is_over() {
    let app = TestApp::default();
    let ids = seed_completed(&app, 110);
    app.clock.advance(QUARTER);
    let clock = app.clock.clone();
    // The time is over when the run marks its first ledger.
    let _expected =
        app.fault_injector.before_next("TransactWriteItems", move || clock.advance(Duration::from_secs(61)));
    app.reconcile().await.unwrap();
    let first = confirmed(&app, &ids);
    assert!((1..=16).contains(&first), "{first}: only what had begun is finished");
    app.reconcile().await.unwrap();
    assert_eq!(confirmed(&app, &ids), 110);
}
