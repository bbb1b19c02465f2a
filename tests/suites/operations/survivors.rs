//! A sealed deletion is looked at again; one that does not end is seen to grow old.

use std::time::Duration;

use custodian_domain::CustomerId;
use custodian_domain::lifecycle::Command;
use custodian_fn_reconcile::Wish;
use custodian_tests::Bench;
use serde_json::{Value, json};

const QUARTER: Duration = Duration::from_secs(15 * 60);

/// An account whose deletion has ended and been sealed.
async fn erased(bench: &Bench) -> CustomerId {
    let id = bench.active("zaphod").await;
    bench.changed(id, Command::Delete).await;
    bench.settle().await.unwrap();
    bench.tables.removed(&id.to_string());
    id
}

fn opening(bench: &Bench, id: CustomerId) -> Value {
    bench.tables.ledger(&id.to_string()).0.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarter_of_an_hour_after_the_seal_every_table_is_asked_again_and_the_ledger_notes_it() {
    let bench = Bench::default();
    let id = erased(&bench).await;
    bench.reconcile().await.unwrap();
    assert_eq!(opening(&bench, id).get("tm_confirmed"), None, "not yet");
    bench.clock.advance(QUARTER);
    bench.reconcile().await.unwrap();
    let confirmed = opening(&bench, id);
    assert!(confirmed.get("tm_confirmed").is_some() && confirmed.get("open").is_none(), "{confirmed}");
    assert_eq!(bench.meter.of("Survivors").sum, 0);
    // Nobody looks any more.
    let before = bench.fuse.calls();
    bench.clock.advance(QUARTER);
    bench.reconcile().await.unwrap();
    assert!(bench.fuse.calls() - before < 8, "{} calls", bench.fuse.calls() - before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_a_sealed_deletion_left_is_counted_and_removed_after_all() {
    let bench = Bench::default();
    let id = erased(&bench).await;
    bench.tell().await.unwrap();
    let neighbour = bench.active("nessie").await;
    // What no gate should ever let in.
    for owner in [id, neighbour] {
        let row = json!({ "customer_id": { "S": owner.to_string() }, "id": { "S": "late" } });
        bench.tables.insert("tags", &[row]);
    }
    bench.clock.advance(QUARTER);
    bench.reconcile().await.unwrap();
    assert_eq!(bench.meter.of("Survivors").last, 1);
    assert_eq!(opening(&bench, id)["open"]["S"], "open", "the seal is broken");
    bench.settle().await.unwrap();
    assert_eq!(bench.tables.left_of(&id.to_string()), []);
    assert_eq!(bench.tables.removed(&id.to_string())["tags"], 1);
    assert!(!bench.tables.left_of(&neighbour.to_string()).is_empty(), "a neighbour's is its own");

    bench.clock.advance(QUARTER);
    bench.reconcile().await.unwrap();
    assert_eq!((bench.meter.of("Survivors").last, bench.meter.of("Survivors").sum), (0, 1));
    assert!(opening(&bench, id).get("tm_confirmed").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_may_look_again_whenever_it_is_needed_but_only_at_what_is_deleted() {
    let bench = Bench::default();
    let (id, living) = (erased(&bench).await, bench.active("nessie").await);
    bench.clock.advance(QUARTER);
    bench.reconcile().await.unwrap();
    // Long after, somebody restores a table from a backup.
    bench.clock.advance(1000 * QUARTER);
    for owner in [id, living] {
        let row = json!({ "customer_id": { "S": owner.to_string() }, "id": { "S": "restored" } });
        bench.tables.insert("flows", &[row]);
    }
    for customer in [living, id] {
        bench.wish(Wish { recount: None, survey: Some(customer) }).await.unwrap();
    }
    assert_eq!(bench.meter.of("Survivors").sum, 1);
    bench.settle().await.unwrap();
    assert_eq!(opening(&bench, id).get("tm_confirmed"), None, "nobody has looked since");
    assert_eq!(bench.tables.left_of(&id.to_string()), []);
    assert_eq!(bench.tables.query("flows", "customer_id", &living.to_string()).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_does_not_end_is_seen_to_grow_old() {
    let bench = Bench::default();
    let id = bench.active("zaphod").await;
    bench.changed(id, Command::Delete).await;
    bench.clock.advance(100 * QUARTER);
    bench.active("nessie").await;
    bench.reconcile().await.unwrap();
    assert_eq!(bench.meter.of("UnfinishedDeletions").last, 1);
    assert_eq!(
        bench.meter.of("OldestUnfinishedDeletion").last,
        90_000,
        "seconds, however often it was driven"
    );
    bench.settle().await.unwrap();
    bench.reconcile().await.unwrap();
    assert_eq!(bench.meter.of("UnfinishedDeletions").last, 0);
    assert_eq!(bench.meter.of("OldestUnfinishedDeletion").last, 0);
    assert_eq!(bench.meter.of("ErasureTime").last, 90_000_000, "milliseconds, from the end to the seal");
}
