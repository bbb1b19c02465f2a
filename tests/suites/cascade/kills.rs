//! Workers that are killed after any call of a cascade of 5,000 rows. Most rows are in one table, so its step has several pages,
//! and the worker reads ahead while it deletes.

use std::collections::BTreeMap;

use custodian_domain::lifecycle::Command;
use custodian_domain::{CustomerId, Initiator};
use custodian_tests::seed::{count_rows, ledger_step, rows_of_others, seed_rows};
use custodian_tests::{Interruption, TestApp};
use serde_json::{Value, json};

use crate::workers::{removed_rows, second_worker_before_call};

/// An account whose deletion has begun: the cascade's start is queued. It has `each` seeded rows in every table but `outbox` and
/// `webhooks`, and `more_tags` more tags. A neighbour has rows in the same tables.
async fn deletion(each: usize, more_tags: usize) -> (TestApp, CustomerId, BTreeMap<String, u64>) {
    let app = TestApp::default();
    let (id, neighbour) = (app.active_account("zaphod").await, app.active_account("nessie").await);
    seed_rows(&app.tables, neighbour, "nessie", 3);
    seed_rows(&app.tables, id, "zaphod", each);
    let row = |n| json!({ "customer_id": { "S": id.to_string() }, "id": { "S": format!("more {n:08}") } });
    app.tables.insert("tags", &(0..more_tags).map(row).collect::<Vec<_>>());
    let rows = count_rows(&app.tables, id);
    app.change(id, Command::Delete(Initiator::Owner)).await;
    app.publish().await.unwrap();
    app.fault_injector.reset();
    (app, id, rows)
}

/// A deletion of 5,000 rows.
async fn large_deletion() -> (TestApp, CustomerId, BTreeMap<String, u64>) {
    deletion(110, 3200).await
}

fn assert_deleted(app: &TestApp, id: CustomerId, rows: &BTreeMap<String, u64>, case: &str) {
    assert_eq!(app.tables.remaining_rows(&id.to_string()), [], "{case}");
    assert_eq!(app.tables.removed_rows(&id.to_string()), *rows, "{case}: every row is counted once");
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_killed_again_and_again_count_every_row_once() {
    for kind in [Interruption::CrashAfter, Interruption::CrashBefore] {
        let (app, id, rows) = large_deletion().await;
        assert!(rows.values().sum::<u64>() >= 5_000);
        let others = rows_of_others(&app.tables, id);
        let mut kills = 0;
        // The first worker is killed at its first call, the next one at its second, and so on. So a worker is killed at every
        // stage of the deletion, and the next one finds what it left. Some are alive long enough to query every table.
        for attempt in 0.. {
            assert!(attempt < 10_000, "the cascade makes no progress");
            app.fault_injector.interrupt(attempt % 61, kind);
            let result = app.run_next().await;
            if app.fault_injector.has_crashed() {
                kills += 1;
            }
            app.fault_injector.reset();
            let state = app.cx.services.state();
            if result.is_ok() && state.cascade_starts.is_empty() && state.cascade_tasks.is_empty() {
                break;
            }
        }
        app.run_until_idle().await.unwrap();
        assert!(kills > 10, "{kills}");
        assert_deleted(&app, id, &rows, &format!("{kind:?}"));
        assert_eq!(rows_of_others(&app.tables, id), others, "other accounts are unchanged");
    }
}

/// Kills a worker after call `at` of the whole cascade, and lets the queue redeliver its message. Returns false if the cascade
/// has fewer calls.
async fn kill_after(at: usize) -> bool {
    let (app, id, rows) = large_deletion().await;
    app.fault_injector.interrupt(at, Interruption::CrashAfter);
    let finished = app.run_until_idle().await;
    let killed = app.fault_injector.has_crashed();
    assert_eq!(killed, finished.is_err());
    app.fault_injector.reset();
    app.run_until_idle().await.unwrap();
    assert_deleted(&app, id, &rows, &format!("killed after call {at}"));
    killed
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_after_some_calls_of_a_large_cascade_leaves_no_row() {
    let mut at = 0;
    while kill_after(at).await {
        at += 41;
    }
    assert!(at > 200);
}

/// Takes minutes: `cargo test -p custodian-tests --test cascade -- --ignored`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn a_worker_killed_after_any_call_of_a_large_cascade_leaves_no_row() {
    let workers = (0..4).map(|first| {
        tokio::spawn(async move {
            let mut at = first;
            while kill_after(at).await {
                at += 4;
            }
            at
        })
    });
    for calls in futures::future::join_all(workers).await {
        assert!(calls.unwrap() > 200);
    }
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_before_every_other_call_of_a_step_with_several_pages_counts_no_row_twice() {
    for at in (0..).step_by(2) {
        let (app, id, rows) = deletion(2, 1200).await;
        app.run_next().await.unwrap();
        let state = app.cx.services.state().clone();
        let task = state.cascade_tasks.iter().find(|task| task.step == "tags").unwrap().clone();
        let was_made = second_worker_before_call(&app, task, at).await;
        let step = ledger_step(&app.tables, id, "tags");
        assert_eq!(
            (removed_rows(&step), &step["closed"]["BOOL"]),
            (rows["tags"], &Value::Bool(true)),
            "before call {at}"
        );
        if !was_made {
            assert!(at > 50, "{at}");
            break;
        }
    }
}
