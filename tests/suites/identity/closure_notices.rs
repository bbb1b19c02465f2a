//! Notices of the freeze, the recovery and the deletion of an account.

use std::time::Duration;

use custodian_app::ports::NoticeRows;
use custodian_domain::Initiator;
use custodian_domain::Timestamp;
use custodian_domain::lifecycle::Command;
use custodian_tests::{Client, PASSWORD, Tables, TestApp, event_types};
use serde_json::{Value, json};

use crate::notices::{OWNER, assert_contains, count, mails_after, only};

fn readable(time: &Value) -> String {
    Timestamp::parse(time.as_str().unwrap()).unwrap().to_readable()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_is_mailed_with_its_deadline_and_a_recovery_too() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let seen = count(&client, OWNER).await;
    let frozen = ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let text = only(&mails_after(&client, OWNER, seen).await, "Your account will be deleted");
    let due = readable(&frozen["tm_deletion_scheduled"]);
    assert_contains(&text, &["account ann is frozen", &due, "sign in and recover it before then"]);
    client.login("ann", PASSWORD).await.delete("/auth/unregister").await.ok();
    let text = only(&mails_after(&client, OWNER, seen + 1).await, "Your account is active again");
    assert_contains(
        &text,
        &["will not be deleted", "If neither you nor the operator did this", "/auth/password-forgot"],
    );
}

/// Invariant I6: no personal data is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_mailed_and_the_stored_address_is_encrypted_and_removed() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let seen = count(&client, OWNER).await;
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    let body = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    ann.post("/auth/unregister", body).await.ok();
    let tables = Tables(client.engine().clone());
    let rows: Vec<_> = ["customers", "webhooks"].map(|table| tables.dump()[table].clone()).concat();
    assert!(!rows.iter().any(|row| row.contains(OWNER)), "the deletion encrypts the address");
    assert!(tables.dump()["webhooks"].iter().any(|row| row.contains("deletion-mail")));
    drop(paused);
    let text = only(&mails_after(&client, OWNER, seen).await, "Your account is being deleted");
    assert_contains(&text, &["Your account ann was closed on", "cannot be recovered"]);
    assert!(event_types(&client.published_events(&id).await).contains(&"customer_erased"));
    assert_eq!(tables.remaining_rows(&id), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_after_the_grace_period_is_mailed_too() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let seen = count(&client, OWNER).await;
    client.advance(30 * 86_400 + 60).await;
    let mut mails = mails_after(&client, OWNER, seen).await;
    mails.retain(|(subject, _)| subject != "Reminder: your account will be deleted");
    only(&mails, "Your account is being deleted");
}

/// Invariant I5: a step is closed only when its table is empty.
#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_waits_for_the_mail_about_the_deletion_for_an_hour_at_most() {
    for minutes in [30, 61] {
        let app = TestApp::default();
        let id = app.active_account("ann").await;
        app.change(id, Command::Delete(Initiator::Owner)).await;
        app.publish().await.unwrap();
        let mail = std::mem::take(&mut app.cx.services.state().mail_events);
        app.clock.advance(Duration::from_secs(minutes * 60));
        app.run_until_idle().await.unwrap();
        app.reconcile().await.unwrap();
        app.run_until_idle().await.unwrap();
        let is_erased = async || {
            app.publish().await.unwrap();
            let events = app.cx.services.state().events.clone();
            events.iter().any(|event| event.event_type.to_string() == "customer_erased")
        };
        assert_eq!(is_erased().await, minutes > 60, "after {minutes} minutes");
        app.cx.services.state().mail_events = mail;
        app.run_until_idle().await.unwrap();
        assert!(is_erased().await);
        assert_eq!(app.cx.services.state().mails.len(), usize::from(minutes < 60));
        assert!(app.cx.store.first_mail_recipient(id).await.unwrap().is_none());
    }
}
