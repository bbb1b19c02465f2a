//! The deletion of a large account, from the request to the completed ledger. Another account keeps all its rows.

use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_tests::{Client, Tables, TestApp};
use serde_json::json;

use custodian_tests::seed::{assert_no_row_contains, personal_texts, rows_of_others, seed_rows};

/// The number of rows in each seeded table: more than 10,000 rows in all.
const EACH: usize = 625;

/// Invariant I5: verified empty.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_rows_are_deleted_and_no_byte_of_a_neighbour_changes() {
    let app = TestApp::default();
    let (id, neighbour) = (app.active_account("zaphod").await, app.active_account("nessie").await);
    let rows = seed_rows(&app.tables, id, "zaphod", EACH);
    assert!(rows.values().sum::<u64>() >= 10_000);
    seed_rows(&app.tables, neighbour, "nessie", 40);
    let neighbours = rows_of_others(&app.tables, id);

    app.change(id, Command::Delete(Initiator::Owner)).await;
    app.run_until_idle().await.unwrap();

    assert_eq!(app.tables.remaining_rows(&id.to_string()), []);
    assert_eq!(app.tables.removed_rows(&id.to_string()), rows, "the ledger counts every row once");
    assert_eq!(rows_of_others(&app.tables, id), neighbours, "other accounts are unchanged");
    let personal_texts = personal_texts("zaphod");
    assert_no_row_contains(&app.tables, &personal_texts.iter().map(String::as_str).collect::<Vec<_>>());
    let (opening, steps) = app.tables.ledger(&id.to_string());
    assert_eq!(opening.unwrap()["cause"]["S"], "deleted");
    assert_eq!(steps.len(), custodian_tests::CASCADE_TABLES.len(), "one step for each table");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_rows_are_deleted_under_random_faults() {
    let app = TestApp::default();
    let (id, neighbour) = (app.active_account("zaphod").await, app.active_account("nessie").await);
    let rows = seed_rows(&app.tables, id, "zaphod", EACH);
    seed_rows(&app.tables, neighbour, "nessie", 40);
    let neighbours = rows_of_others(&app.tables, id);
    app.change(id, Command::Delete(Initiator::Owner)).await;

    app.fault_injector.random_faults.start(&app.tables.0, 2_718_281_828);
    let mut attempts = 0..1000;
    // The queue redelivers failed messages.
    while app.run_until_idle().await.is_err() {
        assert!(attempts.next().is_some(), "the cascade makes no progress");
    }
    app.fault_injector.random_faults.assert_all_injected();
    assert_eq!(app.tables.remaining_rows(&id.to_string()), []);
    assert_eq!(app.tables.removed_rows(&id.to_string()), rows, "no row was counted twice or missed");
    assert_eq!(rows_of_others(&app.tables, id), neighbours, "other accounts are unchanged");
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn redelivering_any_cascade_message_changes_nothing() {
    let app = TestApp::default();
    let id = app.active_account("zaphod").await;
    seed_rows(&app.tables, id, "zaphod", 30);
    app.change(id, Command::Delete(Initiator::Owner)).await;
    app.publish().await.unwrap();
    let start = app.cx.services.state().cascade_starts.clone();
    // The test delivers every message at least twice here, and again after the deletion is complete.
    app.cx.services.state().cascade_starts.extend(start.clone());
    let mut tasks = Vec::new();
    loop {
        let next = app.cx.services.state().cascade_tasks.first().cloned();
        if let Some(task) = next {
            app.run_worker(task.clone(), app.invocation_deadline()).await.unwrap();
            tasks.push(task);
        }
        let state = app.cx.services.state().clone();
        if state.cascade_starts.is_empty() && state.cascade_tasks.is_empty() {
            break;
        }
        app.run_next().await.unwrap();
    }
    let done = app.tables.dump();
    // Fails if the ledger is not complete.
    app.tables.removed_rows(&id.to_string());
    app.clock.advance(std::time::Duration::from_secs(60));
    app.cx.services.state().cascade_starts = start;
    app.cx.services.state().cascade_tasks = tasks;
    app.run_until_idle().await.unwrap();
    app.reconcile().await.unwrap();
    app.run_until_idle().await.unwrap();
    assert_eq!(app.tables.dump(), done);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_a_new_account_took_over_are_not_deleted() {
    let app = TestApp::default();
    let first = app.active_account("zaphod").await;
    seed_rows(&app.tables, first, "crowded", 60);
    app.change(first, Command::Delete(Initiator::Owner)).await;
    // The name and the address are free before the cascade runs.
    let second = app.active_account("zaphod").await;
    let before = rows_of_others(&app.tables, first);
    app.run_until_idle().await.unwrap();
    assert_eq!(app.tables.remaining_rows(&first.to_string()), []);
    assert_eq!(rows_of_others(&app.tables, first), before);
    for name in ["username#zaphod", "email#zaphod@example.com"] {
        let holder = app.tables.query("identifiers", "id", name);
        assert_eq!(holder[0]["owner"]["S"], second.to_string());
    }
    app.change(second, Command::Delete(Initiator::Owner)).await;
    app.run_until_idle().await.unwrap();
    assert_eq!(app.tables.scan("identifiers").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_taken_over_between_listing_and_deletion_is_not_deleted() {
    let app = TestApp::default();
    let first = app.active_account("zaphod").await;
    seed_rows(&app.tables, first, "crowded", 60);
    app.change(first, Command::Delete(Initiator::Owner)).await;
    app.publish().await.unwrap();
    app.run_next().await.unwrap();
    let tasks = std::mem::take(&mut app.cx.services.state().cascade_tasks);
    let task = tasks.into_iter().find(|task| task.step == "identifiers").expect("the step has begun");
    // The worker's first `UpdateItem` counts the names that it has listed. Just before it, a new account takes the names over.
    let other = app.clone();
    let _expected = app.fault_injector.before_next("UpdateItem", move || {
        let taken = other.active_account("zaphod");
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(taken));
    });
    app.run_worker(task, app.invocation_deadline()).await.unwrap();
    let names = app.tables.scan("identifiers");
    assert_eq!(names.len(), 4, "two names of the second holder, two rows each: {names:?}");
    assert!(names.iter().all(|row| !row.to_string().contains(&first.to_string())));
}

/// Invariant I6: no personal data is left.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_deletes_itself_leaves_no_row_and_no_personal_text() {
    let client = Client::start().await;
    let (id, tenant) = client.tenant("zaphod").await;
    for n in 0..30 {
        tenant.post("/v1.0/tags", json!({ "name": format!("zaphod {n}") })).await.ok();
    }
    let request =
        json!({ "password": custodian_tests::PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    tenant.post("/auth/unregister", request).await.ok();
    client.idle().await;
    let tables = Tables(client.engine().clone());
    assert_eq!(tables.remaining_rows(&id), [], "no run of reconcile is needed");
    assert_eq!(tables.removed_rows(&id)["tags"], 30);
    assert_no_row_contains(&tables, &["zaphod"]);
}
