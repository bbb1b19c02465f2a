//! Completed deletions that one run of `reconcile` verifies per second, with the real SDK on the embedded engine. Each
//! verification reads the ledger, queries every table and stores the times in one transaction.
//!
//! `cargo bench --profile dev -p custodian-tests --bench verification -- 10000` measures 10,000 deletions. Without `--profile dev`,
//! the build takes longer than the measurement.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::time::{Duration, Instant};

use custodian_tests::TestApp;
use custodian_tests::seed::seed_completed_ledgers;

#[tokio::main]
async fn main() {
    let count = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(2000);
    let app = TestApp::default();
    let ids = seed_completed_ledgers(&app.tables, app.cx.now(), count);
    app.clock.advance(Duration::from_secs(15 * 60));
    let begun = Instant::now();
    app.reconcile().await.unwrap();
    let took = begun.elapsed().as_secs_f64();
    let confirmed = |id: &custodian_domain::CustomerId| {
        app.tables.ledger(&id.to_string()).0.unwrap().get("tm_confirmed").is_some()
    };
    assert!(ids.iter().all(confirmed), "one run verifies all");
    println!("{count} deletions verified in {took:.1} s, {:.0} per second", count as f64 / took);
}
