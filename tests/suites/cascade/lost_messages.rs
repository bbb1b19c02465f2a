//! Lost jobs and messages: `reconcile` finds the accounts and deletions that are stalled.

use std::time::Duration;

use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_domain::{CustomerId, Status};
use custodian_tests::{Interruption, TestApp};

use custodian_tests::seed::seed_rows;

const QUARTER: Duration = Duration::from_secs(15 * 60);

/// Drops every waiting message of a cascade.
fn lose_messages(app: &TestApp) {
    let mut state = app.cx.services.state();
    state.cascade_starts.clear();
    state.cascade_tasks.clear();
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_whose_messages_were_lost_is_resumed() {
    let app = TestApp::default();
    let id = app.active_account("zaphod").await;
    let rows = seed_rows(&app.tables, id, "zaphod", 30);
    app.change(id, Command::Delete(Initiator::Owner)).await;
    app.publish().await.unwrap();
    lose_messages(&app);
    app.clock.advance(QUARTER);
    // The first message is lost once, the messages of the first steps twice, and those of the dependent steps once.
    for _ in 0..2 {
        app.reconcile().await.unwrap();
        assert!(!app.cx.services.state().cascade_tasks.is_empty());
        lose_messages(&app);
        app.clock.advance(QUARTER);
    }
    app.reconcile().await.unwrap();
    let tasks: Vec<_> = app.cx.services.state().cascade_tasks.clone();
    for task in tasks {
        app.run_worker(task, app.invocation_deadline()).await.unwrap();
    }
    lose_messages(&app);
    app.clock.advance(QUARTER);
    app.reconcile().await.unwrap();
    app.run_until_idle().await.unwrap();
    assert_eq!(app.tables.removed_rows(&id.to_string()), rows);
    assert_eq!(app.tables.remaining_rows(&id.to_string()), []);
}

/// A deletion whose last cascade task is queued.
async fn last_message() -> (TestApp, CustomerId) {
    let app = TestApp::default();
    let id = app.active_account("zaphod").await;
    app.change(id, Command::Delete(Initiator::Owner)).await;
    app.run_next().await.unwrap();
    while app.cx.services.state().cascade_tasks.len() != 1 {
        app.run_next().await.unwrap();
    }
    app.fault_injector.reset();
    (app, id)
}

/// Invariant I5: verified empty.
#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_whose_last_worker_crashed_before_completing_it_is_completed() {
    let (app, id) = last_message().await;
    app.run_until_idle().await.unwrap();
    app.tables.removed_rows(&id.to_string());
    let completing_call = app.fault_injector.calls() - 1;

    let (app, id) = last_message().await;
    app.fault_injector.interrupt(completing_call, Interruption::CrashBefore);
    app.run_until_idle().await.unwrap_err();
    app.fault_injector.reset();
    lose_messages(&app);
    let is_complete = || app.tables.ledger(&id.to_string()).0.unwrap().get("tm_sealed").is_some();
    assert!(!is_complete());
    app.clock.advance(QUARTER);
    app.reconcile().await.unwrap();
    assert!(is_complete());
    app.reconcile().await.unwrap();
    assert!(app.cx.services.state().cascade_tasks.is_empty(), "a completed deletion is not resumed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_makes_progress_is_not_resumed() {
    let app = TestApp::default();
    let id = app.active_account("zaphod").await;
    app.change(id, Command::Delete(Initiator::Owner)).await;
    app.run_next().await.unwrap();
    lose_messages(&app);
    app.clock.advance(QUARTER - Duration::from_secs(1));
    app.reconcile().await.unwrap();
    assert!(app.cx.services.state().cascade_tasks.is_empty(), "too early");
    app.clock.advance(Duration::from_secs(1));
    app.reconcile().await.unwrap();
    assert!(!app.cx.services.state().cascade_tasks.is_empty());
}

/// Invariant I2: the row decides; a job only triggers the decision.
#[tokio::test(flavor = "multi_thread")]
async fn accounts_whose_jobs_were_lost_are_purged_and_expired() {
    let app = TestApp::default();
    let (frozen, initial) = (app.active_account("zaphod").await, app.initial_account("trillian").await);
    let active = app.active_account("nessie").await;
    app.change(frozen, app.freeze_command()).await;
    app.cx.services.state().jobs.clear();
    app.reconcile().await.unwrap();
    assert_eq!(app.customer(frozen).await.status(), Status::Frozen, "before its deadline");
    assert_eq!(app.customer(initial).await.status(), Status::Initial);
    app.clock.advance(31 * 96 * QUARTER);
    app.reconcile().await.unwrap();
    app.run_until_idle().await.unwrap();
    assert_eq!(app.customer(frozen).await.status(), Status::Deleted);
    assert_eq!(app.customer(initial).await.status(), Status::Expired);
    assert_eq!(app.customer(active).await.status(), Status::Active);
    for id in [frozen, initial] {
        assert_eq!(app.tables.remaining_rows(&id.to_string()), []);
        app.tables.removed_rows(&id.to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stalled_deletion_is_resumed_and_none_starves() {
    let app = TestApp::default();
    let mut ids = Vec::new();
    for n in 0..12 {
        let id = app.active_account(&format!("zaphod{n}")).await;
        app.change(id, Command::Delete(Initiator::Owner)).await;
        ids.push(id);
    }
    // Every deletion has opened its steps, and then every message of a cascade is lost.
    for _ in &ids {
        app.run_next().await.unwrap();
    }
    lose_messages(&app);
    let mut resumed = std::collections::BTreeSet::new();
    for run in 0..6 {
        app.clock.advance(QUARTER);
        let clock = app.clock.clone();
        // The time of each run is over when it has begun to resume the first deletions.
        let _expected = app.fault_injector.before_next("SendMessageBatch", move || {
            clock.advance(Duration::from_secs(61));
        });
        app.reconcile().await.unwrap();
        // These messages are lost, too, so no step makes progress.
        resumed.extend(app.cx.services.state().cascade_tasks.iter().map(|task| task.customer_id));
        lose_messages(&app);
        assert!(run > 0 || resumed.len() < ids.len(), "one run has no time for all of them");
    }
    assert_eq!(resumed.len(), ids.len(), "every stalled deletion was resumed");
}
