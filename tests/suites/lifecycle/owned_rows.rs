//! A write that races the closing of its account is committed before the account closes or after its recovery, or it is refused.

use std::sync::Arc;

use custodian_app::resources;
use custodian_domain::Initiator;
use custodian_domain::kinds::{TAGS, routed};
use custodian_domain::lifecycle::Command;
use custodian_domain::{CustomerId, Reason, Resource};
use custodian_tests::{ExpectedCall, Tables, TestApp};
use serde_json::{Map, Value, json};

use crate::writes::{Write, create, other_writes, verified_account, writes_of_kind};

/// How the account closes between the request's authentication and its write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    Freeze,
    Delete,
    /// Deleted, and the cascade has finished.
    Erased,
}

async fn close(app: &TestApp, id: CustomerId, closing: Closing) {
    let command =
        if closing == Closing::Freeze { app.freeze_command() } else { Command::Delete(Initiator::Owner) };
    app.change(id, command).await;
    if closing == Closing::Erased {
        app.run_until_idle().await.unwrap();
    }
}

/// Closes the account just before the next transaction.
fn close_before_next_write(app: &TestApp, id: CustomerId, closing: Closing) -> ExpectedCall {
    let other = app.clone();
    app.fault_injector.before_next("TransactWriteItems", move || {
        let closed = close(&other, id, closing);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(closed));
    })
}

/// Invariant I3: a write of an owned row also checks the account's status.
#[tokio::test(flavor = "multi_thread")]
async fn no_row_of_any_kind_is_written_after_its_account_was_frozen() {
    let app = TestApp::default();
    let id = verified_account(&app).await;
    let mut writes = other_writes(&app, id).await;
    for kind in routed() {
        writes.extend(writes_of_kind(&app, id, kind).await);
    }
    let rows = || {
        let mut rows = app.tables.dump();
        // The freeze and the recovery change the first two tables. Refused requests count in the throttle.
        rows.retain(|table, _| !["customers", "usage", "throttle"].contains(&table.as_str()));
        // The audit log has an entry of each freeze and recovery.
        let is_of_status =
            |row: &String| ["customer_frozen", "customer_recovered"].iter().any(|of| row.contains(of));
        if let Some(entries) = rows.get_mut("audits") {
            entries.retain(|row| !is_of_status(row));
        }
        rows
    };
    let counters = || {
        let rows = app.tables.query("usage", "customer_id", &id.to_string());
        rows.into_iter().filter(|row| row.get("n").is_some()).collect::<Vec<_>>()
    };
    let before = (rows(), counters());
    for Write { name: case, run } in writes {
        let _expected = close_before_next_write(&app, id, Closing::Freeze);
        let failure = run.await.expect_err(&case);
        // A platform admin changes plans, so the refusal is `STATE_INVALID`, which does not name the account's state.
        let plan = case == "change the plan";
        let expected = if plan { Reason::StateInvalid } else { Reason::AccountFrozen };
        assert!(failure.is(expected), "{case}: {failure}");
        assert_eq!((rows(), counters()), before, "{case}");
        app.change(id, Command::Recover(Initiator::Owner)).await;
    }
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    Create,
    Update,
    Delete,
}

/// Invariant I3: no owned row is written after its account is deleted, and no update brings back a deleted row.
#[tokio::test(flavor = "multi_thread")]
async fn no_tag_is_written_after_its_account_was_deleted() {
    for closing in [Closing::Delete, Closing::Erased] {
        for operation in [Operation::Create, Operation::Update, Operation::Delete] {
            let app = TestApp::default();
            let id = app.active_account("ada").await;
            let row = create(&app, id, &TAGS).await.unwrap();
            let _expected = close_before_next_write(&app, id, closing);
            let result = match operation {
                Operation::Create => create(&app, id, &TAGS).await,
                Operation::Update => {
                    let next = |row: &Resource, now| Ok(Some(row.with_fields(Map::new(), now)));
                    resources::update(&app.cx, &TAGS, row, next).await
                }
                Operation::Delete => resources::delete(&app.cx, &TAGS, row).await,
            };
            let case = format!("{operation:?} during {closing:?}");
            let failure = result.expect_err(&case);
            assert!(failure.is(Reason::InvalidCredentials), "{case}: {failure}");
            let rows = app.tables.query("tags", "customer_id", &id.to_string());
            assert_eq!(rows.len(), usize::from(closing != Closing::Erased), "{case}: {rows:?}");
            assert!(rows.iter().all(|row| row["version"]["N"] == "1"), "{case}: {rows:?}");
            if closing == Closing::Erased {
                assert_eq!(app.tables.remaining_rows(&id.to_string()), [], "{case}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_succeeds_if_its_account_was_frozen_and_recovered_in_between() {
    let app = TestApp::default();
    let id = app.active_account("ada").await;
    let other = app.clone();
    let _expected = app.fault_injector.before_next("TransactWriteItems", move || {
        let freeze_and_recover = async {
            close(&other, id, Closing::Freeze).await;
            other.change(id, Command::Recover(Initiator::Owner)).await;
        };
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(freeze_and_recover));
    });
    create(&app, id, &TAGS).await.unwrap();
    assert_eq!(app.tables.query("tags", "customer_id", &id.to_string()).len(), 1);
}

/// Sets an attribute of all gates.
fn set_in_gates(tables: &Tables, id: CustomerId, attribute: &str, value: &Value) {
    let mut gates = tables.query("usage", "customer_id", &id.to_string());
    gates.retain(|row| row.get("status").is_some());
    gates.iter_mut().for_each(|gate| gate[attribute] = value.clone());
    tables.insert("usage", &gates);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_meets_a_freeze_and_its_end_is_not_refused_because_the_bytes_are_used_up() {
    let app = TestApp::default();
    let id = app.active_account("ada").await;
    let row = create(&app, id, &TAGS).await.unwrap();
    set_in_gates(&app.tables, id, "bytes_left", &json!({ "N": "-1000000" }));
    let (injector, tables) = (Arc::clone(&app.fault_injector), app.tables.clone());
    let _expected = app.fault_injector.before_next("TransactWriteItems", move || {
        set_in_gates(&tables, id, "status", &json!({ "S": "frozen" }));
        // The account is active again when the gates are read. `was_made` keeps the drop of the expectation from failing the test.
        let recover = move || set_in_gates(&tables, id, "status", &json!({ "S": "active" }));
        injector.before_next("BatchGetItem", recover).was_made();
    });
    resources::delete(&app.cx, &TAGS, row).await.unwrap();
    assert_eq!(app.tables.query("tags", "customer_id", &id.to_string()).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_verification_token_is_stored_for_an_account_that_closed() {
    let app = TestApp::default();
    let id = app.initial_account("ada").await;
    let other = app.clone();
    let _expected = app.fault_injector.before_next("TransactWriteItems", move || {
        let closed = close(&other, id, Closing::Erased);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(closed));
    });
    custodian_app::verify::send_verification(&app.cx, id, app.cause()).await.unwrap();
    assert!(app.cx.services.state().mails.is_empty(), "no mail to a deleted account");
    assert_eq!(app.tables.scan("tokens").len(), 0);
}
