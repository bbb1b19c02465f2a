//! A restore run does not begin while the brake is on, and deletes no rows of a deletion on hold.

use custodian_app::ports::DeletionBrake;
use custodian_cascade::{pause, release};
use custodian_domain::lifecycle::Command;
use custodian_domain::{AgentId, Brake, CustomerId, Hold, Initiator, Reason};
use custodian_tests::TestApp;
use serde_json::json;
use uuid::Uuid;

use crate::restore_names::number_row;
use crate::restore_run::{call, new_app, request, whole_run};

async fn set_brake(app: &TestApp, paused: bool) {
    let reason = "an incident".to_owned();
    let brake = Brake { paused, reason, set_by: None, tm_update: Some(app.cx.now()) };
    app.cx.store.store_brake(&brake).await.unwrap();
}

/// A deleted account, of which a restore brought a number back.
async fn restored(app: &TestApp) -> CustomerId {
    let id = app.active_account("gone").await;
    app.change(id, Command::Delete(Initiator::Operator)).await;
    app.run_until_idle().await.unwrap();
    app.tables.insert("numbers", &[number_row(id, 1, "+15550000001")]);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn no_run_begins_while_the_brake_is_on() {
    let app = new_app().await;
    restored(&app).await;
    set_brake(&app, true).await;
    for table in ["numbers", "all"] {
        let refused = call(&app, request(table), app.invocation_deadline()).await.unwrap_err();
        assert!(refused.is(Reason::DeletionsPaused), "{refused}");
    }
    assert_eq!(app.tables.scan("numbers").len(), 1);
    set_brake(&app, false).await;
    assert_eq!(whole_run(&app, request("numbers")).await["purged"], 1);
    assert!(app.tables.scan("numbers").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_keeps_the_rows_of_a_deletion_on_hold_and_its_release_deletes_them() {
    let app = new_app().await;
    let id = app.active_account("held").await;
    app.change(id, Command::Delete(Initiator::Operator)).await;
    let body = json!({ "reason": "a dispute" });
    let hold = Hold::read(body.as_object().unwrap(), AgentId(Uuid::nil()), app.cx.now()).unwrap();
    pause(&app.cx, id, &hold).await.unwrap();
    app.run_until_idle().await.unwrap();
    app.tables.insert("numbers", &[number_row(id, 1, "+15550000001")]);
    for table in ["numbers", "all"] {
        assert_eq!(whole_run(&app, request(table)).await["purged"], 0, "{table}");
        app.run_until_idle().await.unwrap();
        assert_eq!(app.tables.scan("numbers").len(), 1, "{table}");
    }
    release(&app.cx, id).await.unwrap();
    app.run_until_idle().await.unwrap();
    assert!(app.tables.remaining_rows(&id.to_string()).is_empty());
}
