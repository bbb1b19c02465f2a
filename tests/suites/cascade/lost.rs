//! Jobs and messages that are lost: what recurs finds what stands still.

use std::time::Duration;

use custodian_domain::lifecycle::Command;
use custodian_domain::{CustomerId, Status};
use custodian_tests::{Bench, Cut};

use custodian_tests::crowd::crowd;

const QUARTER: Duration = Duration::from_secs(15 * 60);

/// Loses every message that waits.
fn lose_messages(bench: &Bench) {
    let mut held = bench.cx.ends.held();
    held.starts.clear();
    held.tasks.clear();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_whose_messages_were_lost_is_driven_again() {
    let bench = Bench::default();
    let id = bench.active("zaphod").await;
    let rows = crowd(&bench.tables, id, "zaphod", 30);
    bench.changed(id, Command::Delete).await;
    bench.tell().await.unwrap();
    lose_messages(&bench);
    bench.clock.advance(QUARTER);
    // The first message, then those of the steps, then those of the steps that had to wait: each is lost once.
    for _ in 0..2 {
        bench.reconcile().await.unwrap();
        assert!(!bench.cx.ends.held().tasks.is_empty());
        lose_messages(&bench);
        bench.clock.advance(QUARTER);
    }
    bench.reconcile().await.unwrap();
    let tasks: Vec<_> = bench.cx.ends.held().tasks.clone();
    for task in tasks {
        bench.work(task, bench.later()).await.unwrap();
    }
    lose_messages(&bench);
    bench.clock.advance(QUARTER);
    bench.reconcile().await.unwrap();
    bench.settle().await.unwrap();
    assert_eq!(bench.tables.removed(&id.to_string()), rows);
    assert_eq!(bench.tables.left_of(&id.to_string()), []);
}

/// A deletion of which the last message waits.
async fn last_message() -> (Bench, CustomerId) {
    let bench = Bench::default();
    let id = bench.active("zaphod").await;
    bench.changed(id, Command::Delete).await;
    bench.settle_one().await.unwrap();
    while bench.cx.ends.held().tasks.len() != 1 {
        bench.settle_one().await.unwrap();
    }
    bench.fuse.mend();
    (bench, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_whose_last_worker_died_before_the_seal_is_sealed() {
    let (bench, id) = last_message().await;
    bench.settle().await.unwrap();
    bench.tables.removed(&id.to_string());
    let seal = bench.fuse.calls() - 1;

    let (bench, id) = last_message().await;
    bench.fuse.cut(seal, Cut::DiesBefore);
    bench.settle().await.unwrap_err();
    bench.fuse.mend();
    lose_messages(&bench);
    let sealed = || bench.tables.ledger(&id.to_string()).0.unwrap().get("tm_sealed").is_some();
    assert!(!sealed());
    bench.clock.advance(QUARTER);
    bench.reconcile().await.unwrap();
    assert!(sealed());
    bench.reconcile().await.unwrap();
    assert!(bench.cx.ends.held().tasks.is_empty(), "a sealed ledger is not driven");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_makes_progress_is_left_alone() {
    let bench = Bench::default();
    let id = bench.active("zaphod").await;
    bench.changed(id, Command::Delete).await;
    bench.settle_one().await.unwrap();
    lose_messages(&bench);
    bench.clock.advance(QUARTER - Duration::from_secs(1));
    bench.reconcile().await.unwrap();
    assert!(bench.cx.ends.held().tasks.is_empty(), "not yet");
    bench.clock.advance(Duration::from_secs(1));
    bench.reconcile().await.unwrap();
    assert!(!bench.cx.ends.held().tasks.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_whose_jobs_were_lost_are_purged_and_expired() {
    let bench = Bench::default();
    let (frozen, initial) = (bench.active("zaphod").await, bench.initial("trillian").await);
    let living = bench.active("nessie").await;
    bench.changed(frozen, bench.freezing()).await;
    bench.cx.ends.held().jobs.clear();
    bench.reconcile().await.unwrap();
    assert_eq!(bench.customer(frozen).await.status(), Status::Frozen, "its time has not come");
    assert_eq!(bench.customer(initial).await.status(), Status::Initial);
    bench.clock.advance(31 * 96 * QUARTER);
    bench.reconcile().await.unwrap();
    bench.settle().await.unwrap();
    assert_eq!(bench.customer(frozen).await.status(), Status::Deleted);
    assert_eq!(bench.customer(initial).await.status(), Status::Expired);
    assert_eq!(bench.customer(living).await.status(), Status::Active);
    for id in [frozen, initial] {
        assert_eq!(bench.tables.left_of(&id.to_string()), []);
        bench.tables.removed(&id.to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_lost_deletions_are_all_driven_and_none_starves() {
    let bench = Bench::default();
    let mut ids = Vec::new();
    for n in 0..12 {
        let id = bench.active(&format!("zaphod{n}")).await;
        bench.changed(id, Command::Delete).await;
        ids.push(id);
    }
    // All have opened their steps, and then every message is lost.
    for _ in &ids {
        bench.settle_one().await.unwrap();
    }
    lose_messages(&bench);
    let mut driven = std::collections::BTreeSet::new();
    for _ in 0..6 {
        bench.clock.advance(QUARTER);
        bench.reconcile().await.unwrap();
        // These messages are lost, too: no step makes progress.
        driven.extend(bench.cx.ends.held().tasks.iter().map(|task| task.customer_id));
        lose_messages(&bench);
    }
    assert_eq!(driven.len(), ids.len(), "every standing deletion was driven");
}
