//! Rows that the cascade deletes per second: the whole deletion up to the completed ledger, with the real SDK on the
//! embedded engine, compared with the engine's bare `BatchWriteItem` for the same number of rows.
//!
//! `cargo bench -p custodian-tests --bench cascade`, with `-- 10000 100000 1000000` for other numbers of rows.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::time::{Duration, Instant};

use custodian_domain::lifecycle::Command;
use custodian_tests::seed::seed_rows;
use custodian_tests::tables::PREFIX;
use custodian_tests::{Tables, TestApp};
use serde_json::{Value, json};

/// The number of seeded tables; pairs count as one row.
const TABLES: usize = 18;

/// Deletes an account with this many rows. Returns the rows that the ledger counted, and the duration.
async fn cascade(rows: usize) -> (u64, Duration) {
    let app = TestApp::default();
    let id = app.active_account("zaphod").await;
    seed_rows(&app.tables, id, "zaphod", rows / TABLES);
    let begun = Instant::now();
    app.change(id, Command::Delete).await;
    app.run_until_idle().await.unwrap();
    let took = begun.elapsed();
    assert_eq!(app.tables.remaining_rows(&id.to_string()), [], "every row is deleted");
    (app.tables.removed_rows(&id.to_string()).values().sum(), took)
}

/// Deletes this many rows with the engine alone.
fn bare(rows: usize) -> Duration {
    let app = TestApp::default();
    let key = |n| json!({ "customer_id": { "S": "zaphod" }, "id": { "S": format!("{n:08}") } });
    let row = |n| {
        let mut row: Value = key(n);
        row["detail"] = json!({ "S": "zaphod says hello, zaphod" });
        row
    };
    app.tables.insert("tags", &(0..rows).map(row).collect::<Vec<_>>());
    let Tables(engine) = &app.tables;
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
