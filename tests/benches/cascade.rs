//! How many rows the cascade removes a second: the real one, from the deletion to the sealed ledger, over the real SDK on
//! the embedded engine. Beside it, the engine alone: the same number of rows removed by its bare `BatchWriteItem`.
//!
//! `cargo bench -p custodian-tests --bench cascade`, with `-- 10000 100000 1000000` for these numbers of rows.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::time::{Duration, Instant};

use custodian_domain::lifecycle::Command;
use custodian_tests::crowd::crowd;
use custodian_tests::tables::PREFIX;
use custodian_tests::{Bench, Tables};
use serde_json::{Value, json};

/// The tables that rows are put into, pairs counted as one.
const TABLES: usize = 17;

/// Opens an account with this many rows and deletes it; answers how many rows the ledger says, and how long it took.
async fn cascade(rows: usize) -> (u64, Duration) {
    let bench = Bench::default();
    let id = bench.active("zaphod").await;
    crowd(&bench.tables, id, "zaphod", rows / TABLES);
    let begun = Instant::now();
    bench.changed(id, Command::Delete).await;
    bench.settle().await.unwrap();
    let took = begun.elapsed();
    assert_eq!(bench.tables.left_of(&id.to_string()), [], "everything is gone");
    (bench.tables.removed(&id.to_string()).values().sum(), took)
}

/// Removes this many rows of the engine by nothing but the engine.
fn bare(rows: usize) -> Duration {
    let bench = Bench::default();
    let key = |n| json!({ "customer_id": { "S": "zaphod" }, "id": { "S": format!("{n:08}") } });
    let row = |n| {
        let mut row: Value = key(n);
        row["detail"] = json!({ "S": "zaphod says hello, zaphod" });
        row
    };
    bench.tables.insert("tags", &(0..rows).map(row).collect::<Vec<_>>());
    let Tables(engine) = &bench.tables;
    let begun = Instant::now();
    for batch in (0..rows).collect::<Vec<_>>().chunks(25) {
        let deletes: Vec<_> = batch.iter().map(|&n| json!({ "DeleteRequest": { "Key": key(n) } })).collect();
        engine
            .call("BatchWriteItem", &json!({ "RequestItems": { format!("{PREFIX}tags"): deletes } }))
            .unwrap();
    }
    begun.elapsed()
}

#[tokio::main]
async fn main() {
    let mut sizes: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000];
    }
    println!("| rows      | cascade s | rows a second | engine alone s | rows a second | cascade / engine |");
    println!("|----------:|----------:|--------------:|---------------:|--------------:|-----------------:|");
    for size in sizes {
        let (rows, took) = cascade(size).await;
        let bare = bare(usize::try_from(rows).unwrap());
        let per_second = |took: Duration| rows as f64 / took.as_secs_f64();
        println!(
            "| {rows:>9} | {:>9.2} | {:>13.0} | {:>14.2} | {:>13.0} | {:>16.2} |",
            took.as_secs_f64(),
            per_second(took),
            bare.as_secs_f64(),
            per_second(bare),
            took.as_secs_f64() / bare.as_secs_f64()
        );
    }
}
