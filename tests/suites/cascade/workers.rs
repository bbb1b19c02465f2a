//! Cascade workers that run out of time, work on the same step, or crash between counting and deleting.

use custodian_cascade::CascadeTask;
use custodian_domain::CustomerId;
use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_tests::{Interruption, TestApp};
use serde_json::Value;

use custodian_tests::seed::{count_rows, ledger_step, seed_rows};

/// A deletion whose steps are all open. Only those that wait for no other step are enqueued.
async fn started(each: usize) -> (TestApp, CustomerId) {
    let app = TestApp::default();
    let id = app.active_account("zaphod").await;
    seed_rows(&app.tables, id, "zaphod", each);
    app.change(id, Command::Delete(Initiator::Owner)).await;
    app.run_next().await.unwrap();
    (app, id)
}

fn task(id: CustomerId, step: &str) -> CascadeTask {
    CascadeTask { customer_id: id, step: step.to_owned(), hop: 0 }
}

pub(crate) fn removed_rows(row: &Value) -> u64 {
    row["removed"]["N"].as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_out_of_time_enqueues_the_rest_of_its_step() {
    let (app, id) = started(1100).await;
    app.cx.services.state().cascade_tasks.clear();
    let mut task = task(id, "tags");
    let mut left = 1100;
    // The worker has no time left when it starts. It still deletes one batch, so the chain of tasks ends at some point.
    for hop in 1.. {
        app.run_worker(task.clone(), app.cx.now()).await.unwrap();
        let rows = count_rows(&app.tables, id)["tags"];
        let next = app.cx.services.state().cascade_tasks.pop();
        let Some(next) = next else { break };
        assert!(rows < left, "every hop makes progress");
        left = rows;
        assert_eq!((next.customer_id, next.step.as_str(), next.hop), (id, "tags", hop));
        task = next;
    }
    let step = ledger_step(&app.tables, id, "tags");
    assert_eq!((removed_rows(&step), &step["closed"]["BOOL"]), (1100, &Value::Bool(true)));
    assert!(task.hop >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_workers_on_one_step_delete_and_count_each_row_once() {
    let (app, id) = started(600).await;
    let rows = count_rows(&app.tables, id);
    for step in ["tags", "identifiers", "usage"] {
        let workers = (0..3).map(|_| {
            let (app, task) = (app.clone(), task(id, step));
            tokio::spawn(async move { app.run_worker(task, app.invocation_deadline()).await })
        });
        for worker in futures::future::join_all(workers).await {
            worker.unwrap().unwrap();
        }
        let row = ledger_step(&app.tables, id, step);
        assert_eq!((removed_rows(&row), &row["closed"]["BOOL"]), (rows[step], &Value::Bool(true)), "{step}");
    }
}

/// Runs another worker with the same task, from its first call to its last, just before call number `at` of the first worker.
/// Returns whether the first worker made that call.
pub(crate) async fn second_worker_before_call(app: &TestApp, task: CascadeTask, at: usize) -> bool {
    let (other, others_task) = (app.clone(), task.clone());
    // The second worker is a task of its own. If the callback polled it, it would receive wake-ups of the first worker.
    let (runtime, (done, finished)) = (tokio::runtime::Handle::current(), std::sync::mpsc::channel());
    let second = app.fault_injector.before_call(at, move || {
        runtime.spawn(async move {
            done.send(other.run_worker(others_task, other.invocation_deadline()).await).unwrap();
        });
        finished.recv().unwrap().unwrap();
    });
    app.run_worker(task, app.invocation_deadline()).await.unwrap();
    second.was_made()
}

/// The rows of `tags` are deleted with `BatchWriteItem`, those of `tokens` with `TransactWriteItems`.
/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_between_any_two_calls_of_the_first_counts_no_row_twice() {
    for step in ["tags", "tokens"] {
        for at in 0.. {
            let (app, id) = started(60).await;
            let was_made = second_worker_before_call(&app, task(id, step), at).await;
            let row = ledger_step(&app.tables, id, step);
            let counted = (removed_rows(&row), &row["closed"]["BOOL"]);
            assert_eq!(counted, (60, &Value::Bool(true)), "{step} before call {at}");
            if !was_made {
                assert!(at > 4, "{step}: {at}");
                break;
            }
        }
    }
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_counting_and_deleting_counts_no_row_twice() {
    for step in ["tags", "tokens"] {
        let (app, id) = started(60).await;
        // The worker reads the ledger, the brake and a batch, counts it, and crashes: all rows are counted and none is deleted.
        app.fault_injector.interrupt(3, Interruption::CrashAfter);
        app.run_worker(task(id, step), app.invocation_deadline()).await.unwrap_err();
        app.fault_injector.reset();
        assert_eq!(
            (removed_rows(&ledger_step(&app.tables, id, step)), count_rows(&app.tables, id)[step]),
            (60, 60)
        );
        app.run_worker(task(id, step), app.invocation_deadline()).await.unwrap();
        assert_eq!(
            (removed_rows(&ledger_step(&app.tables, id, step)), count_rows(&app.tables, id)[step]),
            (60, 0)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_for_an_account_that_is_not_deleted_does_nothing() {
    let app = TestApp::default();
    let id = app.active_account("zaphod").await;
    seed_rows(&app.tables, id, "zaphod", 30);
    let before = app.tables.dump();
    for step in ["tags", "identifiers", "usage", "no such step"] {
        app.run_worker(task(id, step), app.invocation_deadline()).await.unwrap();
    }
    assert_eq!(app.tables.dump(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agents_step_waits_until_no_identifier_references_agents() {
    let (app, id) = started(30).await;
    let steps: Vec<_> = app.cx.services.state().cascade_tasks.iter().map(|task| task.step.clone()).collect();
    assert!(!steps.iter().any(|step| step == "agents" || step == "numbers"), "{steps:?}");
    app.run_worker(task(id, "identifiers"), app.invocation_deadline()).await.unwrap();
    let steps: Vec<_> = app.cx.services.state().cascade_tasks.iter().map(|task| task.step.clone()).collect();
    assert!(steps.contains(&"agents".to_owned()) && steps.contains(&"numbers".to_owned()), "{steps:?}");
}
