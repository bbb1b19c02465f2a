//! A confirmed deletion has one receipt, which the published keys verify.

use std::future::poll_fn;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use custodian_app::platform::rotate_receipt_key;
use custodian_app::ports::{PublishedReceiptKeys, ReceiptKeys};
use custodian_auth::receipt::{ReceiptKey, ReceiptRejection, verify_receipt};
use custodian_cascade::{Ledgers, Receipt, verify_empty};
use custodian_domain::lifecycle::Command;
use custodian_domain::{CustomerId, Initiator};
use custodian_tests::{Client, PASSWORD, TestApp};
use futures::future::join_all;
use serde_json::{Value, json};

const QUARTER: Duration = Duration::from_secs(15 * 60);

/// The claims of a receipt, without verifying it.
pub(crate) fn claims(receipt: &str) -> Value {
    let part = receipt.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A deletion whose ledger is complete, a quarter of an hour ago.
async fn completed_deletion(app: &TestApp, name: &str) -> CustomerId {
    let id = app.active_account(name).await;
    app.change(id, Command::Delete(Initiator::Operator)).await;
    app.run_until_idle().await.unwrap();
    app.clock.advance(QUARTER);
    id
}

async fn receipt(app: &TestApp, id: CustomerId) -> Option<String> {
    app.cx.store.ledger(id).await.unwrap().unwrap().header.receipt
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_says_how_the_account_ended_and_what_was_deleted() {
    let client = Client::start().await;
    let (id, admin) = client.tenant("ann").await;
    admin.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();
    admin.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    client.advance(31 * 86_400).await;
    let operator = client.platform_admin().await;
    let progress = operator.get(&format!("/v1.0/customers/{id}/deletion")).await.ok();
    let jwks = client.get("/.well-known/jwks.json").await.ok();
    let keys: Vec<_> = jwks["keys"].as_array().unwrap().iter().filter_map(ReceiptKey::from_jwk).collect();
    let verified = verify_receipt(progress["receipt"].as_str().unwrap(), &keys).unwrap();
    let receipt: Receipt = serde_json::from_value(verified.clone()).unwrap();
    assert_eq!(receipt.ledger_sha256, receipt.ledger.sha256(), "the hash is that of the canonical ledger");
    assert_eq!((&verified["sub"], &verified["ended"]), (&json!(id), &json!("deleted")));
    assert_eq!(verified["requested_by"], "deadline");
    for name in ["tm_requested", "tm_due", "tm_started", "tm_finished", "tm_confirmed"] {
        assert_eq!(verified[name], progress[name], "{name}");
    }
    let tags = receipt.ledger.tables.iter().find(|table| table.name == "tags").unwrap();
    assert_eq!(tags.deleted, 1);
    assert_eq!(receipt.ledger.tables.len(), progress["tables"].as_array().unwrap().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_names_who_asked_for_the_deletion() {
    let app = TestApp::default();
    for (initiator, expected) in [(Initiator::Owner, "owner"), (Initiator::Operator, "operator")] {
        let id = app.active_account(expected).await;
        app.change(id, Command::Delete(initiator)).await;
        app.run_until_idle().await.unwrap();
        app.clock.advance(QUARTER);
        app.reconcile().await.unwrap();
        assert_eq!(claims(&receipt(&app, id).await.unwrap())["requested_by"], expected);
    }
    let id = app.initial_account("eve").await;
    app.clock.set(app.customer(id).await.due().unwrap());
    app.reconcile().await.unwrap();
    app.run_until_idle().await.unwrap();
    app.clock.advance(QUARTER);
    app.reconcile().await.unwrap();
    let expired = claims(&receipt(&app, id).await.unwrap());
    assert_eq!((&expired["ended"], &expired["requested_by"]), (&json!("expired"), &json!("expiry")));
    assert_eq!(expired["tm_requested"], Value::Null);
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_issuers_of_one_receipt_agree() {
    let app = TestApp::default();
    let id = completed_deletion(&app, "ann").await;
    let issuers = (0..32).map(|_| async {
        let mut issuer = Box::pin(verify_empty(&app.cx, id));
        // The clock moves before every step of an issuer, so no two issuers sign the same receipt.
        let step = poll_fn(|task| {
            app.clock.advance(Duration::from_micros(1));
            issuer.as_mut().poll(task)
        });
        step.await.ok()?;
        receipt(&app, id).await
    });
    let seen: Vec<_> = join_all(issuers).await.into_iter().flatten().collect();
    let first = receipt(&app, id).await.unwrap();
    assert!(!seen.is_empty() && seen.iter().all(|seen| *seen == first), "{seen:?}");
    app.clock.advance(QUARTER);
    verify_empty(&app.cx, id).await.unwrap();
    assert_eq!(receipt(&app, id).await.unwrap(), first, "a later verification keeps the receipt");
    assert!(last_mails(&app) >= 1, "the last mail was sent");
}

fn last_mails(app: &TestApp) -> usize {
    let services = app.cx.services.state();
    services.mails.iter().filter(|mail| mail.subject == "Your account is deleted").count()
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn the_confirmation_can_be_interrupted_at_any_call() {
    let counted = TestApp::default();
    let id = completed_deletion(&counted, "ann").await;
    counted.fault_injector.reset();
    counted.reconcile().await.unwrap();
    let calls = counted.fault_injector.calls();
    assert!(receipt(&counted, id).await.is_some());
    for at in 0..calls {
        let app = TestApp::default();
        let id = completed_deletion(&app, "ann").await;
        app.fault_injector.reset();
        app.fault_injector.interrupt(at, custodian_tests::Interruption::CrashAfter);
        let _ = app.reconcile().await;
        app.fault_injector.reset();
        if receipt(&app, id).await.is_some() {
            let sent = last_mails(&app);
            app.reconcile().await.unwrap();
            assert_eq!(
                last_mails(&app),
                sent,
                "call {at}: the next run sends no mail yet: the run before may still send it"
            );
        }
        app.clock.advance(QUARTER);
        app.reconcile().await.unwrap();
        assert!(last_mails(&app) >= 1, "call {at}: the last mail is sent");
        let header = app.tables.ledger(&id.to_string()).0.unwrap();
        assert!(header.get("receipt").is_some() && header.get("open").is_none(), "call {at}: {header}");
        let kept = app.tables.query("deletions", "customer_id", &id.to_string());
        assert!(kept.iter().all(|row| row["key"]["S"] != "recipient"), "call {at}: the address is removed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_stays_verifiable_after_its_key_is_rotated() {
    let app = TestApp::default();
    let first_key = app.cx.store.receipt_signer().await.unwrap().unwrap();
    let published = json!({ "id": { "S": "published" }, "keys": { "L": [{ "M": {
        "key_id": { "S": first_key.key_id() }, "public": { "S": first_key.public() } } }] } });
    app.tables.insert("receipt_verifying_keys", &[published]);
    let id = completed_deletion(&app, "ann").await;
    app.reconcile().await.unwrap();
    let old = receipt(&app, id).await.unwrap();
    rotate_receipt_key(&app.cx).await.unwrap();
    let keys = app.cx.store.receipt_keys().await.unwrap();
    assert_eq!(keys.len(), 2);
    verify_receipt(&old, &keys).unwrap();
    let id = completed_deletion(&app, "bob").await;
    app.reconcile().await.unwrap();
    let new = receipt(&app, id).await.unwrap();
    verify_receipt(&new, &keys).unwrap();
    assert_eq!(verify_receipt(&new, &keys[..1]), Err(ReceiptRejection::UnknownKey), "the new key signs");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_the_last_mail_is_kept_for_a_week_at_most() {
    let app = TestApp::default();
    let id = completed_deletion(&app, "ann").await;
    let stored = app.tables.query("deletions", "customer_id", &id.to_string());
    let recipient =
        stored.iter().find(|row| row["key"]["S"] == "recipient").expect("it is stored until the mail");
    assert!(!recipient.to_string().contains("ann@"), "it is encrypted: {recipient}");
    app.cx.services.state().mails.clear();
    app.clock.advance(Duration::from_secs(8 * 86_400));
    app.reconcile().await.unwrap();
    let mails = app.cx.services.state().mails.len();
    assert_eq!(mails, 0, "too late for the mail");
    let stored = app.tables.query("deletions", "customer_id", &id.to_string());
    assert!(stored.iter().all(|row| row["key"]["S"] != "recipient"));
    assert!(receipt(&app, id).await.is_some(), "the receipt is issued nevertheless");
}
