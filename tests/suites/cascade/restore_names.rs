//! Names after a restore, also in accounts with more rows than a call handles.

use std::sync::Arc;
use std::time::Instant;

use custodian_domain::CustomerId;
use custodian_tests::database_metrics::DatabaseMetrics;
use custodian_tests::{Tables, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::restore_run::{conflicts, new_app, page_by_page, request, set_up_platform, sum, whole_run};

pub(crate) fn id(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

/// A row of `numbers`.
pub(crate) fn number_row(owner: CustomerId, number: u128, name: &str) -> Value {
    let time = json!({ "N": "1718893355123456" });
    json!({
        "customer_id": { "S": owner.to_string() }, "id": { "S": id(number) }, "number": { "S": name },
        "version": { "N": "1" }, "tm_create": time, "tm_update": time,
    })
}

/// The two rows of a number's name. A name of an earlier release has no `row_id`.
fn name_rows(owner: CustomerId, name: &str, row: Option<u128>) -> [Value; 2] {
    let (owner, key) = (owner.to_string(), format!("number#{name}"));
    let mut main = json!({ "id": { "S": key }, "key": { "S": "-" }, "owner": { "S": owner } });
    if let Some(row) = row {
        main["row_id"] = json!({ "S": id(row) });
    }
    [main, json!({ "id": { "S": format!("owner#{owner}") }, "key": { "S": key }, "pair": { "S": key } })]
}

fn name(number: u128) -> String {
    format!("+1555{number:09}")
}

/// Seeds numbers with their names. Those with odd numbers are of an earlier release.
fn seed(tables: &Tables, owner: CustomerId, numbers: std::ops::Range<u128>) {
    let rows: Vec<_> = numbers.clone().map(|n| number_row(owner, n, &name(n))).collect();
    tables.insert("numbers", &rows);
    let names = numbers.flat_map(|n| name_rows(owner, &name(n), Some(n).filter(|n| n % 2 == 0)));
    tables.insert("identifiers", &names.collect::<Vec<_>>());
}

/// The id of the row that holds a number.
fn holder(tables: &Tables, name: &str) -> Option<String> {
    let rows = tables.query("identifiers", "id", &format!("number#{name}"));
    rows.first().map(|row| row["row_id"]["S"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_before_the_counts_of_an_account_with_many_names_needs_a_bounded_number_of_requests() {
    let metrics = Arc::new(DatabaseMetrics::default());
    let app = set_up_platform(TestApp::with_metrics(&metrics)).await;
    let owner = app.active_account("many").await;
    seed(&app.tables, owner, 0..2500);
    // Some rows are lost.
    for lost in [7, 8, 1999, 2000] {
        app.tables.delete_rows_with("numbers", &id(lost));
    }
    metrics.take();
    let mut start = request("numbers");
    let mut released = 0;
    loop {
        let before = start.start.clone().unwrap_or_default();
        let report = crate::restore_run::call(&app, start.clone(), app.cx.now()).await.unwrap();
        released += report["released"].as_u64().unwrap();
        let operations = metrics.take().operations;
        if !before.starts_with("counts:") {
            assert!(
                !operations.contains(&"Query".to_owned()),
                "{before}: no page reads all rows of an account"
            );
            assert!(operations.len() < 550, "{before}: {}", operations.len());
        }
        match report["next"].as_str() {
            Some(next) => start.start = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(released, 4);
    for kept in [0, 1, 9, 2498, 2499] {
        assert_eq!(holder(&app.tables, &name(kept)), Some(id(kept)));
    }
    for lost in [7, 8, 1999, 2000] {
        assert_eq!(holder(&app.tables, &name(lost)), None);
    }
    let again = whole_run(&app, request("numbers")).await;
    assert_eq!((&again["released"], &again["reclaimed"]), (&json!(0), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_two_rows_have_is_found_across_calls() {
    for lost_names in [false, true] {
        let app = new_app().await;
        let owner = app.active_account("twice").await;
        seed(&app.tables, owner, 0..200);
        app.tables.insert("numbers", &[number_row(owner, 1000, &name(0)), number_row(owner, 1001, &name(1))]);
        if lost_names {
            app.tables.delete_rows_with("identifiers", "number#");
        }
        for _ in 0..2 {
            let reports = page_by_page(&app, request("numbers")).await;
            let twice = [1000, 1001].map(|row| (id(row), "name_twice".to_owned()));
            assert_eq!(conflicts(&reports), twice, "lost names: {lost_names}");
            assert_eq!(sum(&reports, "released"), 0);
        }
        assert_eq!(holder(&app.tables, &name(0)), Some(id(0)));
        assert_eq!(holder(&app.tables, &name(1)), Some(id(1)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_not_released_after_its_account_has_used_it_again() {
    let app = new_app().await;
    let owner = app.active_account("again").await;
    // The row of `numbers` that the name belongs to is lost.
    app.tables.insert("identifiers", &name_rows(owner, &name(1), Some(1)));
    // Between the read and the release, the account creates the number again.
    let tables = app.tables.clone();
    let expected = app.fault_injector.before_next("TransactWriteItems", move || {
        tables.insert("numbers", &[number_row(owner, 2, &name(1))]);
        tables.insert("identifiers", &name_rows(owner, &name(1), Some(2)));
    });
    let report = whole_run(&app, request("identifiers")).await;
    assert!(expected.was_made(), "the run tried to release the name");
    assert_eq!((&report["released"], &report["conflicts"]), (&json!(0), &json!([])));
    assert_eq!(holder(&app.tables, &name(1)), Some(id(2)));
    // A row that comes back is not left without its name either.
    app.tables.insert("identifiers", &name_rows(owner, &name(3), Some(3)));
    let tables = app.tables.clone();
    let _expected = app.fault_injector.before_next("TransactWriteItems", move || {
        tables.insert("numbers", &[number_row(owner, 3, &name(3))]);
    });
    assert_eq!(whole_run(&app, request("identifiers")).await["released"], 0);
    assert_eq!(holder(&app.tables, &name(3)), Some(id(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_keeps_names_of_other_kinds_whose_rows_are_not_recorded() {
    let app = new_app().await;
    let owner = app.active_account("other").await;
    app.tables.insert("numbers", &[number_row(owner, 1, &name(1))]);
    app.tables.insert("identifiers", &name_rows(owner, &name(1), None));
    assert_eq!(whole_run(&app, request("extensions")).await["released"], 0);
    assert_eq!(holder(&app.tables, &name(1)), Some(String::new()));
    assert_eq!(whole_run(&app, request("numbers")).await["released"], 0);
    assert_eq!(holder(&app.tables, &name(1)), Some(id(1)));
}

/// The resident memory of this process in MiB.
fn resident_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; prints the duration and the memory of a run"]
#[allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a measurement")]
async fn a_run_over_one_account_with_100_000_numbers() {
    let app = new_app().await;
    let owner = app.active_account("huge").await;
    for part in 0..100 {
        seed(&app.tables, owner, part * 1000..(part + 1) * 1000);
    }
    let (started, mut request) = (Instant::now(), request("numbers"));
    println!("start: {:.0} MiB", resident_memory());
    for calls in 1.. {
        let report = crate::restore_run::call(&app, request.clone(), app.cx.now()).await.unwrap();
        request.start = report["next"].as_str().map(str::to_owned);
        if calls % 200 == 0 || request.start.is_none() {
            let (seconds, memory) = (started.elapsed().as_secs(), resident_memory());
            println!("{calls} pages, {seconds} s, {memory:.0} MiB, {:?}", request.start);
        }
        if request.start.is_none() {
            break;
        }
    }
}

/// Otherwise, an agent of another account could take the address as its username.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_confirmed_after_the_restored_time_is_confirmed_again() {
    let app = new_app().await;
    app.active_account("ann").await;
    let claim = || {
        let rows = app.tables.scan("identifiers");
        rows.into_iter().find(|row| row["id"]["S"].as_str().unwrap().starts_with("email#ann")).unwrap()
    };
    let confirmed = claim();
    assert_eq!(confirmed["confirmed"]["BOOL"], true);
    let mut restored = confirmed.clone();
    restored["confirmed"] = json!({ "BOOL": false });
    app.tables.insert("identifiers", &[restored]);
    assert_eq!(whole_run(&app, request("identifiers")).await["reclaimed"], 1);
    assert_eq!(claim(), confirmed);
    assert_eq!(whole_run(&app, request("identifiers")).await["reclaimed"], 0);
}
