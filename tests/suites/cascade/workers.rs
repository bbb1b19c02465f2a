//! Workers that run out of time, meet on one step, or die between counting and removing.

use custodian_cascade::Task;
use custodian_domain::CustomerId;
use custodian_domain::lifecycle::Command;
use custodian_tests::{Bench, Cut};
use serde_json::Value;

use custodian_tests::crowd::{counts, crowd, step_row};

/// A deletion whose steps are all handed out.
async fn started(each: usize) -> (Bench, CustomerId) {
    let bench = Bench::default();
    let id = bench.active("zaphod").await;
    crowd(&bench.tables, id, "zaphod", each);
    bench.changed(id, Command::Delete).await;
    bench.settle_one().await.unwrap();
    (bench, id)
}

fn task(id: CustomerId, step: &str) -> Task {
    Task { customer_id: id, step: step.to_owned(), hop: 0 }
}

fn removed(row: &Value) -> u64 {
    row["removed"]["N"].as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_out_of_time_hands_on_what_is_left() {
    let (bench, id) = started(1100).await;
    bench.cx.ends.held().tasks.clear();
    let mut task = task(id, "tags");
    let mut left = 1100;
    // Its time is over before it begins: a page is done all the same, so that the chain comes to an end.
    for hop in 1.. {
        bench.work(task.clone(), bench.cx.now()).await.unwrap();
        let rows = counts(&bench.tables, id)["tags"];
        let next = bench.cx.ends.held().tasks.pop();
        let Some(next) = next else { break };
        assert!(rows < left, "every hop makes progress");
        left = rows;
        assert_eq!((next.customer_id, next.step.as_str(), next.hop), (id, "tags", hop));
        task = next;
    }
    let step = step_row(&bench.tables, id, "tags");
    assert_eq!((removed(&step), &step["closed"]["BOOL"]), (1100, &Value::Bool(true)));
    assert!(task.hop >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_on_one_step_remove_and_count_each_row_once() {
    let (bench, id) = started(600).await;
    let rows = counts(&bench.tables, id);
    for step in ["tags", "identifiers", "usage"] {
        let workers = (0..3).map(|_| {
            let (bench, task) = (bench.clone(), task(id, step));
            tokio::spawn(async move { bench.work(task, bench.later()).await })
        });
        for worker in futures::future::join_all(workers).await {
            worker.unwrap().unwrap();
        }
        let row = step_row(&bench.tables, id, step);
        assert_eq!((removed(&row), &row["closed"]["BOOL"]), (rows[step], &Value::Bool(true)), "{step}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_between_every_two_calls_of_the_first_counts_nothing_twice() {
    for operation in ["Query", "UpdateItem", "BatchWriteItem", "TransactWriteItems"] {
        for step in ["tags", "tokens"] {
            let (bench, id) = started(60).await;
            let (other, task) = (bench.clone(), task(id, step));
            let others_task = task.clone();
            bench.fuse.meanwhile(operation, move || {
                let work = other.work(others_task, other.later());
                tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work)).unwrap();
            });
            bench.work(task, bench.later()).await.unwrap();
            let row = step_row(&bench.tables, id, step);
            assert_eq!(
                (removed(&row), &row["closed"]["BOOL"]),
                (60, &Value::Bool(true)),
                "{operation} {step}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_counting_and_removing_counts_nothing_twice() {
    for step in ["tags", "tokens"] {
        let (bench, id) = started(60).await;
        // Reading the ledger, reading a page, counting: then it dies, with everything counted and nothing removed.
        bench.fuse.cut(2, Cut::DiesAfter);
        bench.work(task(id, step), bench.later()).await.unwrap_err();
        bench.fuse.mend();
        assert_eq!((removed(&step_row(&bench.tables, id, step)), counts(&bench.tables, id)[step]), (60, 60));
        bench.work(task(id, step), bench.later()).await.unwrap();
        assert_eq!((removed(&step_row(&bench.tables, id, step)), counts(&bench.tables, id)[step]), (60, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_for_an_account_that_is_not_gone_does_nothing() {
    let bench = Bench::default();
    let id = bench.active("zaphod").await;
    crowd(&bench.tables, id, "zaphod", 30);
    let before = bench.tables.dump();
    for step in ["tags", "identifiers", "usage", "no such step"] {
        bench.work(task(id, step), bench.later()).await.unwrap();
    }
    assert_eq!(bench.tables.dump(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_wait_until_no_name_points_at_them() {
    let (bench, id) = started(30).await;
    let steps: Vec<_> = bench.cx.ends.held().tasks.iter().map(|task| task.step.clone()).collect();
    assert!(!steps.iter().any(|step| step == "agents" || step == "numbers"), "{steps:?}");
    bench.work(task(id, "identifiers"), bench.later()).await.unwrap();
    let steps: Vec<_> = bench.cx.ends.held().tasks.iter().map(|task| task.step.clone()).collect();
    assert!(steps.contains(&"agents".to_owned()) && steps.contains(&"numbers".to_owned()), "{steps:?}");
}
