//! A big account beside a neighbour, from deletion to the sealed ledger.

use custodian_domain::lifecycle::Command;
use custodian_tests::{Bench, Client, Tables};
use serde_json::json;

use custodian_tests::crowd::{assert_nothing_says, crowd, others, texts};

/// Sixteen tables of this many rows each are 10,000.
const EACH: usize = 625;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_rows_are_removed_and_no_byte_of_a_neighbour_changes() {
    let bench = Bench::default();
    let (id, neighbour) = (bench.active("zaphod").await, bench.active("nessie").await);
    let rows = crowd(&bench.tables, id, "zaphod", EACH);
    assert!(rows.values().sum::<u64>() >= 10_000);
    crowd(&bench.tables, neighbour, "nessie", 40);
    let neighbours = others(&bench.tables, id);

    bench.changed(id, Command::Delete).await;
    bench.settle().await.unwrap();

    assert_eq!(bench.tables.left_of(&id.to_string()), []);
    assert_eq!(bench.tables.removed(&id.to_string()), rows, "the ledger has counted right");
    assert_eq!(others(&bench.tables, id), neighbours, "not a byte of anybody else's");
    let texts = texts("zaphod");
    assert_nothing_says(&bench.tables, &texts.iter().map(String::as_str).collect::<Vec<_>>());
    let (opening, steps) = bench.tables.ledger(&id.to_string());
    assert_eq!(opening.unwrap()["cause"]["S"], "deleted");
    assert_eq!(steps.len(), custodian_tests::EMPTIED.len(), "one step for every table");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_rows_are_removed_in_bad_weather_too() {
    let bench = Bench::default();
    let (id, neighbour) = (bench.active("zaphod").await, bench.active("nessie").await);
    let rows = crowd(&bench.tables, id, "zaphod", EACH);
    crowd(&bench.tables, neighbour, "nessie", 40);
    let neighbours = others(&bench.tables, id);
    bench.changed(id, Command::Delete).await;

    bench.fuse.weather.break_over(&bench.tables.0, 2_718_281_828);
    let mut fair_ends = 0..1000;
    // What fails is delivered again, as a queue does.
    while bench.settle().await.is_err() {
        assert!(fair_ends.next().is_some(), "the cascade makes no progress");
    }
    bench.fuse.weather.assert_all_met();
    assert_eq!(bench.tables.left_of(&id.to_string()), []);
    assert_eq!(bench.tables.removed(&id.to_string()), rows, "no row was counted twice, and none was missed");
    assert_eq!(others(&bench.tables, id), neighbours, "not a byte of anybody else's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_of_any_message_changes_nothing() {
    let bench = Bench::default();
    let id = bench.active("zaphod").await;
    crowd(&bench.tables, id, "zaphod", 30);
    bench.changed(id, Command::Delete).await;
    bench.tell().await.unwrap();
    let start = bench.cx.ends.held().starts.clone();
    // Every message comes twice, the second time at once or after everything else.
    bench.cx.ends.held().starts.extend(start.clone());
    let mut tasks = Vec::new();
    loop {
        let next = bench.cx.ends.held().tasks.first().cloned();
        if let Some(task) = next {
            bench.work(task.clone(), bench.later()).await.unwrap();
            tasks.push(task);
        }
        let held = bench.cx.ends.held().clone();
        if held.starts.is_empty() && held.tasks.is_empty() {
            break;
        }
        bench.settle_one().await.unwrap();
    }
    let done = bench.tables.dump();
    bench.tables.removed(&id.to_string());
    bench.clock.advance(std::time::Duration::from_secs(60));
    bench.cx.ends.held().starts = start;
    bench.cx.ends.held().tasks = tasks;
    bench.settle().await.unwrap();
    bench.reconcile().await.unwrap();
    bench.settle().await.unwrap();
    assert_eq!(bench.tables.dump(), done);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_somebody_else_has_taken_over_stay_with_them() {
    let bench = Bench::default();
    let first = bench.active("zaphod").await;
    crowd(&bench.tables, first, "crowded", 60);
    bench.changed(first, Command::Delete).await;
    // Before the cascade has run, the name and the address are free again.
    let second = bench.active("zaphod").await;
    let before = others(&bench.tables, first);
    bench.settle().await.unwrap();
    assert_eq!(bench.tables.left_of(&first.to_string()), []);
    assert_eq!(others(&bench.tables, first), before);
    for name in ["username#zaphod", "email#zaphod@example.com"] {
        let holder = bench.tables.query("identifiers", "id", name);
        assert_eq!(holder[0]["owner"]["S"], second.to_string());
    }
    bench.changed(second, Command::Delete).await;
    bench.settle().await.unwrap();
    assert_eq!(bench.tables.scan("identifiers").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_taken_over_between_listing_and_removal_stays() {
    let bench = Bench::default();
    let first = bench.active("zaphod").await;
    crowd(&bench.tables, first, "crowded", 60);
    bench.changed(first, Command::Delete).await;
    bench.tell().await.unwrap();
    bench.settle_one().await.unwrap();
    bench.cx.ends.held().tasks.retain(|task| task.step == "identifiers");
    // The worker has listed the names; now somebody else takes them, and only then they are removed.
    let other = bench.clone();
    bench.fuse.meanwhile("UpdateItem", move || {
        let taken = other.active("zaphod");
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(taken));
    });
    bench.settle().await.unwrap();
    let names = bench.tables.scan("identifiers");
    assert_eq!(names.len(), 4, "two names of the second holder, two rows each: {names:?}");
    assert!(names.iter().all(|row| !row.to_string().contains(&first.to_string())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_that_deletes_itself_is_gone_at_once() {
    let client = Client::start().await;
    let (id, tenant) = client.tenant("zaphod").await;
    for n in 0..30 {
        tenant.post("/v1.0/tags", json!({ "name": format!("zaphod {n}") })).await.ok();
    }
    let leaving =
        json!({ "password": custodian_tests::PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    tenant.post("/auth/unregister", leaving).await.ok();
    client.idle().await;
    let tables = Tables(client.engine().clone());
    assert_eq!(tables.left_of(&id), [], "without waiting for anything recurring");
    assert_eq!(tables.removed(&id)["tags"], 30);
    assert_nothing_says(&tables, &["zaphod"]);
}
