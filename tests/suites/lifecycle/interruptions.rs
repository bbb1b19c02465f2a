//! Every flow, cut off at every call to the outside in every way, and run again: the same end.

use custodian_app::Failure;
use custodian_tests::Cut;
use custodian_tests::bench::BEGINNING;
use serde_json::Value;

use crate::scene::{End, Flow, Scene};

async fn interrupt_everywhere(flow: Flow) {
    let undisturbed = Scene::of(flow).await;
    undisturbed.run().await.unwrap();
    let calls = undisturbed.bench.fuse.calls();
    assert!(calls > 0);
    let wanted = undisturbed.end().await;
    assert_eq!(wanted.lacking, [""; 0]);
    for at in 0..calls {
        for cut in Cut::ALL {
            let what = format!("{flow:?}: {cut:?} at call {at} of {calls}");
            let scene = Scene::of(flow).await;
            scene.bench.fuse.cut(at, cut);
            let first = scene.run().await;
            if scene.bench.fuse.is_dead() {
                // What a dead process answers reaches nobody.
                scene.bench.fuse.mend();
            } else if let Err(failure) = &first {
                assert!(matches!(failure, Failure::Unavailable { .. }), "{what}: {failure}");
            }
            // A queue delivers again what failed; everybody else may ask again for what succeeded, too.
            if first.is_err() || !matches!(flow, Flow::Start | Flow::Step(_)) {
                scene.run().await.unwrap_or_else(|failure| panic!("{what}, then again: {failure}"));
            }
            assert_same(&scene.end().await, &wanted, &what);
            assert_jobs_are_harmless(&scene, &wanted, &what).await;
        }
    }
}

/// Fails with what differs, and not with everything.
fn assert_same(end: &End, wanted: &End, what: &str) {
    for ((table, rows), (_, wanted)) in end.rows.iter().zip(&wanted.rows) {
        assert_eq!(rows, wanted, "{what}: the rows of {table}");
    }
    assert_eq!(end.events, wanted.events, "{what}: events");
    assert_eq!(end.messages, wanted.messages, "{what}: messages");
    assert_eq!(end.lacking, wanted.lacking, "{what}: customers without their job");
}

/// What an interruption leaves among the jobs does nothing when it fires.
async fn assert_jobs_are_harmless(scene: &Scene, wanted: &End, what: &str) {
    let (bench, needed) = (&scene.bench, scene.bench.tables.scan("customers"));
    let jobs = bench.cx.ends.held().jobs.clone();
    let row_of = |job: &str| needed.iter().find(|row| job.contains(row["id"]["S"].as_str().unwrap()));
    for (name, alarm) in jobs {
        if row_of(&name).and_then(|row: &Value| row.get("due_at")).is_none() {
            bench.clock.set(alarm.due);
            bench.fire(alarm.job).await.unwrap_or_else(|failure| panic!("{what}: {name}: {failure}"));
            assert_same(&scene.end().await, wanted, &format!("{what}: {name} fired"));
        }
    }
    bench.clock.set(BEGINNING);
}

#[tokio::test]
async fn creation_may_be_cut_off_anywhere() {
    interrupt_everywhere(Flow::Create).await;
}

#[tokio::test]
async fn the_verification_mail_may_be_cut_off_anywhere() {
    interrupt_everywhere(Flow::Mail).await;
}

#[tokio::test]
async fn verification_may_be_cut_off_anywhere() {
    interrupt_everywhere(Flow::Verify).await;
}

#[tokio::test]
async fn freezing_and_recovery_may_be_cut_off_anywhere() {
    interrupt_everywhere(Flow::Freeze).await;
    interrupt_everywhere(Flow::Recover).await;
}

#[tokio::test]
async fn deletion_and_purge_may_be_cut_off_anywhere() {
    interrupt_everywhere(Flow::Delete).await;
    interrupt_everywhere(Flow::Purge).await;
}

#[tokio::test]
async fn expiry_and_reconciliation_may_be_cut_off_anywhere() {
    interrupt_everywhere(Flow::Expire).await;
    interrupt_everywhere(Flow::Reconcile).await;
}

#[tokio::test]
async fn the_telling_of_events_may_be_cut_off_anywhere() {
    interrupt_everywhere(Flow::Tell).await;
}

#[tokio::test]
async fn the_start_of_a_cascade_may_be_cut_off_anywhere() {
    interrupt_everywhere(Flow::Start).await;
}

#[tokio::test]
async fn the_removal_of_rows_may_be_cut_off_anywhere() {
    interrupt_everywhere(Flow::Step("tags")).await;
    interrupt_everywhere(Flow::Step("usage")).await;
}

#[tokio::test]
async fn the_removal_of_identifiers_may_be_cut_off_anywhere() {
    interrupt_everywhere(Flow::Step("identifiers")).await;
}
