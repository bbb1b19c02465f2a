//! Rows whose account has neither a row in `customers` nor a ledger. Either the account was created after the time to which the
//! table was restored, or its row is lost or not yet copied back. Only the operator can tell.

use custodian_cascade::restore::RestoreRequest;
use custodian_domain::CustomerId;
use serde_json::json;

use crate::restore_names::number_row;
use crate::restore_run::{conflicts, new_app, page_by_page, request, sum, whole_run};

#[tokio::test(flavor = "multi_thread")]
async fn the_rows_of_an_account_without_a_row_are_deleted_only_on_request() {
    let app = new_app().await;
    let id = app.active_account("lost").await;
    let text = id.to_string();
    let customer = app.tables.customer(&text);
    let before = app.tables.remaining_rows(&text);
    app.tables.delete_rows_with("customers", &text);
    for table in ["customers", "all"] {
        let report = whole_run(&app, request(table)).await;
        assert_eq!(conflicts(std::slice::from_ref(&report)), [(text.clone(), "owner_missing".to_owned())]);
        assert_eq!((&report["purged"], &report["released"]), (&json!(0), &json!(0)), "{table}");
        assert!(report["without_owner"].as_u64().unwrap() > 0, "{table}");
        assert_eq!(app.tables.remaining_rows(&text), before, "{table}: every row is kept");
    }
    // The operator copies the row that was missing.
    app.tables.insert("customers", &[customer]);
    let report = whole_run(&app, request("all")).await;
    assert_eq!((&report["without_owner"], &report["conflicts"]), (&json!(0), &json!([])));
    assert_eq!(app.tables.remaining_rows(&text), before);
    // The operator decides that the account is deleted.
    app.tables.delete_rows_with("customers", &text);
    let report = whole_run(&app, RestoreRequest { purge_without_owner: true, ..request("all") }).await;
    assert_eq!(report["purged"].as_u64().unwrap(), before.len() as u64);
    assert!(app.tables.remaining_rows(&text).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_row_keeps_its_names() {
    let app = new_app().await;
    let (lost, other) = (app.active_account("lost").await, app.active_account("other").await);
    let row = |owner: CustomerId, id| number_row(owner, id, "+15550000001");
    app.tables.insert("numbers", &[row(lost, 1)]);
    assert_eq!(whole_run(&app, request("numbers")).await["reclaimed"], 1);
    app.tables.insert("numbers", &[row(other, 2)]);
    app.tables.delete_rows_with("customers", &lost.to_string());
    let reports = page_by_page(&app, request("numbers")).await;
    assert_eq!(sum(&reports, "reclaimed"), 0);
    let found = conflicts(&reports);
    let problems: Vec<_> = found.iter().map(|(_, problem)| problem.as_str()).collect();
    assert!(problems.contains(&"name_taken") && problems.contains(&"owner_missing"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_lists_a_bounded_number_of_accounts() {
    let app = new_app().await;
    let orphan = |n: u128| {
        let owner = uuid::Uuid::from_u128(n).to_string();
        json!({ "customer_id": { "S": owner }, "id": { "S": owner } })
    };
    app.tables.insert("flows", &(1..=130).map(orphan).collect::<Vec<_>>());
    let report = whole_run(&app, request("flows")).await;
    assert_eq!(report["conflicts"].as_array().unwrap().len(), 100);
    assert_eq!((&report["unlisted"], &report["without_owner"]), (&json!(30), &json!(130)));
    assert_eq!(app.tables.scan("flows").len(), 130);
}
