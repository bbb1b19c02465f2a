//! The brake stops all deletions of the platform. Operators set it, and it trips by itself above a limit.

use std::time::Duration;

use custodian_app::ports::{CountDue, DeletionBrake};
use custodian_domain::lifecycle::Command;
use custodian_domain::scheduled_job::Job;
use custodian_domain::{Brake, Initiator, Reason, Status};
use custodian_tests::{Client, PASSWORD, TestApp};
use serde_json::{Value, json};

const DAY: u64 = 86_400;

async fn set(operator: &Client, body: Value) -> Value {
    operator.put("/v1.0/platform/deletions", body).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_brake_is_on_nothing_is_purged_expired_or_deleted() {
    let client = Client::start().await;
    let (frozen, admin) = client.tenant("ann").await;
    let unverified = client.open_account("bob").await;
    let (active, owner) = client.tenant("cay").await;
    let operator = client.platform_admin().await;
    admin.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let brake = set(&operator, json!({ "paused": true, "reason": "a wrong list of accounts" })).await;
    assert_eq!((&brake["paused"], &brake["reason"]), (&json!(true), &json!("a wrong list of accounts")));
    let immediate = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    for refused in [
        owner.post("/auth/unregister", immediate).await,
        operator.delete(&format!("/v1.0/customers/{active}")).await,
    ] {
        assert_eq!(refused.refusal(), (409, "DELETIONS_PAUSED".into()));
    }
    client.advance(31 * DAY).await;
    let operator = client.platform_admin().await;
    for (id, status) in [(&frozen, "frozen"), (&unverified, "initial"), (&active, "active")] {
        assert_eq!(operator.get(&format!("/v1.0/customers/{id}")).await.ok()["status"], status);
    }
    let progress = operator.get(&format!("/v1.0/customers/{frozen}/deletion")).await.ok();
    assert_eq!(progress["state"], "held", "the progress of an overdue deletion shows that it is stopped");
    set(&operator, json!({ "paused": false })).await;
    client.advance(900).await;
    for (id, status) in [(&frozen, "deleted"), (&unverified, "expired"), (&active, "active")] {
        assert_eq!(operator.get(&format!("/v1.0/customers/{id}")).await.ok()["status"], status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_brake_stops_a_cascade_and_its_release_continues_it() {
    let client = Client::start().await;
    let (id, _) = client.tenant("ann").await;
    let operator = client.platform_admin().await;
    let paused = client.service().pause_background_work().await;
    operator.delete(&format!("/v1.0/customers/{id}")).await.ok();
    set(&operator, json!({ "paused": true, "reason": "to look at it" })).await;
    drop(paused);
    client.advance(3600).await;
    let deletion = format!("/v1.0/customers/{id}/deletion");
    let progress = operator.get(&deletion).await.ok();
    assert_eq!(progress["state"], "held");
    assert!(progress["tables"].as_array().unwrap().iter().all(|table| table["deleted"] == 0), "{progress}");
    set(&operator, json!({ "paused": false })).await;
    client.idle().await;
    assert_eq!(operator.get(&deletion).await.ok()["state"], "deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn pausing_needs_a_reason() {
    let client = Client::start().await;
    let operator = client.platform_admin().await;
    for body in [json!({}), json!({ "paused": true }), json!({ "paused": "yes", "reason": "x" })] {
        assert_eq!(operator.put("/v1.0/platform/deletions", body).await.refusal().0, 400);
    }
    let brake = operator.get("/v1.0/platform/deletions").await.ok();
    assert_eq!((&brake["paused"], &brake["tm_update"]), (&json!(false), &Value::Null));
}

/// An app that permits a few deletions an hour.
fn app_with_limit(limit: u32) -> TestApp {
    let mut app = TestApp::default();
    std::sync::Arc::get_mut(&mut app.cx).unwrap().settings.max_deletions_per_hour = limit;
    app
}

async fn is_paused(app: &TestApp) -> bool {
    app.cx.store.brake().await.unwrap().paused
}

#[tokio::test(flavor = "multi_thread")]
async fn the_brake_trips_when_more_accounts_than_the_limit_are_deleted_within_an_hour() {
    let app = app_with_limit(3);
    for number in 0..4 {
        let id = app.active_account(&format!("ann{number}")).await;
        assert!(!is_paused(&app).await, "{number}");
        app.change(id, Command::Delete(Initiator::Operator)).await;
    }
    assert!(is_paused(&app).await, "the fourth deletion exceeds the limit of three");
    assert_eq!(app.metrics.of("BrakeTripped").sum, 1);
    let id = app.active_account("bob").await;
    let refused = app.try_change(id, Command::Delete(Initiator::Owner)).await.unwrap_err();
    assert!(refused.is(Reason::DeletionsPaused));
    let released = Brake { tm_update: Some(app.cx.now()), ..Brake::default() };
    app.cx.store.store_brake(&released).await.unwrap();
    app.change(id, Command::Delete(Initiator::Owner)).await;
    assert!(!is_paused(&app).await, "the count begins again");
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_of_different_hours_do_not_trip_the_brake() {
    let app = app_with_limit(3);
    for number in 0..8 {
        let id = app.active_account(&format!("ann{number}")).await;
        app.change(id, Command::Delete(Initiator::Operator)).await;
        app.clock.advance(Duration::from_secs(1800));
    }
    assert!(!is_paused(&app).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_brake_trips_before_the_first_purge_if_too_many_accounts_fall_due() {
    let app = app_with_limit(3);
    let mut accounts = Vec::new();
    for number in 0..5 {
        let id = app.active_account(&format!("ann{number}")).await;
        let due = app.change(id, app.freeze_command()).await.tm_deletion_scheduled().unwrap();
        accounts.push((id, due));
    }
    let last = accounts.iter().map(|(_, due)| *due).max().unwrap();
    app.clock.set(last);
    for (customer_id, _) in &accounts {
        app.run_job(Job::Purge { customer_id: *customer_id, freeze: 1 }).await.unwrap();
        assert_eq!(app.customer(*customer_id).await.status(), Status::Frozen);
    }
    assert!(is_paused(&app).await);
    app.clock.advance(Duration::from_secs(900));
    let released = Brake { tm_update: Some(app.cx.now()), ..Brake::default() };
    app.cx.store.store_brake(&released).await.unwrap();
    app.reconcile().await.unwrap();
    for (customer_id, _) in &accounts {
        assert_eq!(app.customer(*customer_id).await.status(), Status::Deleted);
    }
    assert!(!is_paused(&app).await, "the accounts that were due by the release do not count");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_fall_due_are_counted_up_to_the_limit_however_many_queries_that_takes() {
    let app = TestApp::default();
    let now = app.cx.now();
    // A query returns at most 1 MB, which is about 1,000 ids of this length.
    let due = |number: u32| {
        json!({
            "id": { "S": format!("{number:0>1000}") },
            "due_status": { "S": "frozen" }, "due_at": { "N": now.micros().to_string() },
        })
    };
    app.tables.insert("customers", &(0..1500).map(due).collect::<Vec<_>>());
    let since = now.minus(Duration::from_secs(3600));
    for (max, expected) in [(2000, 1500), (1300, 1300), (10, 10)] {
        assert_eq!(app.cx.store.count_due(since, now, max).await.unwrap(), expected, "of at most {max}");
    }
}
