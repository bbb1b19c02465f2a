//! A decision that was made from an earlier read does not undo a later one.

use std::time::Duration;

use custodian_app::hold::{place_hold, release_hold};
use custodian_app::ports::{DeletionBrake, LastMail};
use custodian_cascade::{CompletedLedgers, Ledgers, pause, release, verify_empty};
use custodian_domain::lifecycle::Command;
use custodian_domain::{AgentId, Brake, Customer, CustomerId, Hold, Initiator, Reason, Status};
use custodian_fn_reconcile::ReconcileRequest;
use custodian_tests::{Client, PASSWORD, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

const DAY: u64 = 86_400;
const QUARTER: Duration = Duration::from_secs(15 * 60);

fn hold(app: &TestApp, reason: &str) -> Hold {
    let body = json!({ "reason": reason });
    Hold::read(body.as_object().unwrap(), AgentId(Uuid::nil()), app.cx.now()).unwrap()
}

async fn held(app: &TestApp) -> Customer {
    let id = app.active_account("ann").await;
    place_hold(&app.cx, app.customer(id).await, hold(app, "first")).await.unwrap()
}

/// A deleted account whose cascade has not begun.
async fn deleted(app: &TestApp) -> CustomerId {
    let id = app.active_account("ann").await;
    app.change(id, Command::Delete(Initiator::Operator)).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_does_not_remove_a_hold_that_was_placed_after_it_read_the_account() {
    let app = TestApp::default();
    let read = held(&app).await;
    place_hold(&app.cx, read.clone(), hold(&app, "second")).await.unwrap();
    let refused = release_hold(&app.cx, read.clone()).await.unwrap_err();
    assert!(refused.is(Reason::HoldReplaced), "{refused}");
    assert_eq!(app.customer(read.id).await.hold.unwrap().reason, "second");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_release_of_an_earlier_hold_does_not_remove_the_hold_of_a_cascade() {
    let app = TestApp::default();
    let id = deleted(&app).await;
    let (first, second) = (hold(&app, "first"), hold(&app, "second"));
    pause(&app.cx, id, &first).await.unwrap();
    pause(&app.cx, id, &second).await.unwrap();
    assert!(!app.cx.store.remove_ledger_hold(id, &first).await.unwrap());
    assert_eq!(release(&app.cx, id).await.unwrap(), second);
    assert!(release(&app.cx, id).await.unwrap_err().is(Reason::HoldNotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_release_of_a_cascades_hold_at_the_same_time_finds_no_hold() {
    let app = TestApp::default();
    let id = deleted(&app).await;
    pause(&app.cx, id, &hold(&app, "first")).await.unwrap();
    let other = app.clone();
    let _expected = app.fault_injector.before_next("UpdateItem", move || {
        let released = release(&other.cx, id);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(released)).unwrap();
    });
    let refused = release(&app.cx, id).await.unwrap_err();
    assert!(refused.is(Reason::HoldNotFound), "{refused}");
}

/// Invariant I6: no personal data is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_completed_deletion_keeps_no_text_of_a_hold() {
    let app = TestApp::default();
    let id = deleted(&app).await;
    let mut ends_soon = hold(&app, "the case of Ann Smith");
    ends_soon.tm_until = Some(app.cx.now().plus(QUARTER));
    pause(&app.cx, id, &ends_soon).await.unwrap();
    app.publish().await.unwrap();
    app.run_until_idle().await.unwrap();
    assert!(
        app.tables.scan("deletions").iter().any(|row| row.get("hold").is_some()),
        "the hold pauses the cascade"
    );
    app.clock.advance(QUARTER * 2);
    app.reconcile().await.unwrap();
    app.run_until_idle().await.unwrap();
    let ledgers = serde_json::to_string(&app.tables.scan("deletions")).unwrap();
    assert!(ledgers.contains("sealed") && !ledgers.contains("Ann Smith"), "{ledgers}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_confirms_only_the_completion_that_it_read() {
    let app = TestApp::default();
    let id = deleted(&app).await;
    app.publish().await.unwrap();
    app.run_until_idle().await.unwrap();
    let read = app.cx.store.ledger(id).await.unwrap().unwrap();
    app.cx.store.reopen(id, &read, &[], app.cx.now()).await.unwrap();
    app.clock.advance(Duration::from_secs(1));
    app.cx.store.complete(id, &read.removed(), &[], app.cx.now()).await.unwrap();
    app.cx.store.mark_verified(id, &read, &[], "receipt", app.cx.now()).await.unwrap();
    assert_eq!(app.cx.store.ledger(id).await.unwrap().unwrap().header.receipt, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_receipt_is_issued_within_a_quarter_of_an_hour_after_the_completion() {
    let app = TestApp::default();
    let id = deleted(&app).await;
    app.publish().await.unwrap();
    app.run_until_idle().await.unwrap();
    let receipt = async || app.cx.store.ledger(id).await.unwrap().unwrap().header.receipt;
    let verify =
        async || app.reconcile_with(ReconcileRequest { verify: Some(id), ..Default::default() }).await;
    verify().await.unwrap();
    assert_eq!(receipt().await, None, "an operator verifies it too early");
    app.clock.advance(QUARTER);
    verify_empty(&app.cx, id).await.unwrap();
    assert!(receipt().await.is_some());
}

/// Invariant I6: no personal data is left.
#[tokio::test(flavor = "multi_thread")]
async fn the_recipient_of_the_last_mail_is_removed_after_seven_days_from_a_deletion_on_hold() {
    let app = TestApp::default();
    let id = deleted(&app).await;
    pause(&app.cx, id, &hold(&app, "a dispute")).await.unwrap();
    app.publish().await.unwrap();
    app.run_until_idle().await.unwrap();
    app.clock.advance(Duration::from_secs(7 * DAY - 60));
    app.reconcile().await.unwrap();
    assert!(app.cx.store.last_mail_recipient(id).await.unwrap().is_some());
    app.clock.advance(Duration::from_secs(120));
    app.reconcile().await.unwrap();
    assert_eq!(app.cx.store.last_mail_recipient(id).await.unwrap(), None);
}

fn brake(app: &TestApp, paused: bool, reason: &str) -> Brake {
    Brake { paused, reason: reason.to_owned(), set_by: None, tm_update: Some(app.cx.now()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_trip_neither_overwrites_an_operators_reason_nor_undoes_a_release() {
    let app = TestApp::default();
    let never_set = app.cx.store.brake().await.unwrap();
    app.cx.store.store_brake(&brake(&app, true, "an operator's reason")).await.unwrap();
    assert!(!app.cx.store.trip_brake(&never_set, &brake(&app, true, "too many")).await.unwrap());
    let paused = app.cx.store.brake().await.unwrap();
    assert_eq!(paused.reason, "an operator's reason");
    app.clock.advance(Duration::from_secs(1));
    app.cx.store.store_brake(&brake(&app, false, "")).await.unwrap();
    assert!(!app.cx.store.trip_brake(&paused, &brake(&app, true, "too many")).await.unwrap());
    let released = app.cx.store.brake().await.unwrap();
    assert!(!released.paused);
    assert!(app.cx.store.trip_brake(&released, &brake(&app, true, "too many")).await.unwrap());
}

async fn sign_up(client: &Client, name: &str) {
    let body = json!({ "email": "ann@example.com", "name": name, "accepted_tos": true });
    client.post("/auth/signup", body).await.ok();
    client.idle().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signup_does_not_change_an_account_on_hold() {
    let client = Client::start().await;
    sign_up(&client, "first").await;
    let operator = client.platform_admin().await;
    let listed = operator.get("/v1.0/customers?email=ann@example.com").await.ok();
    let path = format!("/v1.0/customers/{}", listed["result"][0]["id"].as_str().unwrap());
    operator.put(&format!("{path}/hold"), json!({ "reason": "fraud" })).await.ok();
    sign_up(&client, "second").await;
    assert_eq!(operator.get(&path).await.ok()["name"], "first");
    operator.delete(&format!("{path}/hold")).await.ok();
    sign_up(&client, "third").await;
    assert_eq!(operator.get(&path).await.ok()["name"], "third");
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_signups_do_not_trip_the_brake() {
    let client = Client::start_with(&["--max-deletions-per-hour", "2"], std::sync::Arc::new(())).await;
    for number in 0..5 {
        let body = json!({ "email": format!("ann{number}@example.com"), "accepted_tos": true });
        client.from_address([127, 0, number, 1]).post("/auth/signup", body).await.ok();
    }
    client.advance(8 * DAY).await;
    let brake = client.platform_admin().await.get("/v1.0/platform/deletions").await.ok();
    assert_eq!((&brake["paused"], &brake["deletions_within_an_hour"]), (&json!(false), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_learns_that_an_operator_has_taken_over_the_freeze() {
    let client = Client::start().await;
    let (id, admin) = client.tenant("ann").await;
    admin.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let frozen_mails = async || {
        client.idle().await;
        let mails = client.get("/_local/mailbox").await.ok();
        let mails = mails["result"].as_array().unwrap().clone();
        let frozen = mails.iter().filter(|mail| mail["subject"] == "Your account will be deleted");
        frozen.map(|mail| mail["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(frozen_mails().await.len(), 1);
    let operator = client.platform_admin().await;
    let frozen: Value = operator.post(&format!("/v1.0/customers/{id}/freeze"), json!({})).await.ok();
    assert_eq!(frozen["status"], Status::Frozen.as_str());
    let mails = frozen_mails().await;
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().any(|text| text.contains("has frozen your account")), "{mails:?}");
}
