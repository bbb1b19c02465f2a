//! Mailed links: stored as hashes. Those that confirm an address or set a password are valid once, and a late verification link is
//! reported as expired.

use std::time::Duration;

use custodian_app::password::send_reset;
use custodian_app::sign_up::sign_up;
use custodian_app::verify::{self, send_verification};
use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_domain::{Cause, Profile, Reason, Secret, Status};
use custodian_tests::{Client, PASSWORD, Tables, TestApp};
use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::sign_up::sign_up_body;

/// Invariant I6: no personal data is left.
#[tokio::test(flavor = "multi_thread")]
async fn no_table_holds_the_token_of_a_mail() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    client.open_account("bob").await;
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    ann.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
    let mut tokens = Vec::new();
    for mailbox in ["bob@example.com", "ann@example.com", "new@example.com"] {
        client.idle().await;
        let mails = client.get("/_local/mailbox").await.ok();
        let mails = mails["result"].as_array().unwrap().clone();
        let to_them = mails.iter().filter(|mail| mail["to"] == mailbox);
        let texts = to_them.filter_map(|mail| mail["text"].as_str().unwrap().split("token=").nth(1));
        tokens.extend(texts.map(|rest| rest[..64].to_owned()).take(1));
    }
    assert_eq!(tokens.len(), 3);
    let rows = format!("{:?}", Tables(client.engine().clone()).dump());
    for token in tokens {
        assert!(!rows.contains(&token), "a table holds a mailed token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_link_followed_concurrently_verifies_once_and_returns_one_key() {
    let client = Client::start().await;
    client.post("/auth/signup", sign_up_body("ann@example.com")).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    let requests = (0..8).map(|_| client.post("/auth/email-verify", json!({ "token": token })));
    let (succeeded, failed): (Vec<_>, Vec<_>) =
        join_all(requests).await.into_iter().partition(|response| response.status == 200);
    assert_eq!(succeeded.len(), 1);
    for response in failed {
        assert_eq!(response.refusal(), (400, "INVALID_TOKEN".into()));
    }
    let key = client.with_token(succeeded[0].json()["accesskey"]["token"].as_str().unwrap());
    assert_eq!(key.get("/v1.0/accesskeys").await.ok()["result"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_link_followed_concurrently_sets_one_password() {
    let client = Client::start().await;
    client.tenant("ann").await;
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    let passwords: Vec<_> = (0..4).map(|n| format!("password number {n}")).collect();
    let reset = async |password: &String| {
        client.post("/auth/password-reset", json!({ "token": token, "password": password })).await
    };
    let responses = join_all(passwords.iter().map(reset)).await;
    let set: Vec<_> =
        passwords.iter().zip(&responses).filter(|(_, a)| a.status == 200).map(|(p, _)| p).collect();
    assert_eq!(set.len(), 1);
    for (password, response) in passwords.iter().zip(&responses) {
        let login = client.post("/auth/login", json!({ "username": "ann", "password": password })).await;
        assert_eq!(login.status, if password == set[0] { 200 } else { 401 });
        assert!(response.status == 200 || response.refusal() == (400, "INVALID_TOKEN".into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_an_account_that_is_already_active_is_consumed_and_returns_no_key() {
    let client = Client::start().await;
    client.post("/auth/signup", sign_up_body("ann@example.com")).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    let tables = Tables(client.engine().clone());
    let link = tables.scan("tokens");
    let body = json!({ "token": token });
    client.post("/auth/email-verify", body.clone()).await.ok();
    tables.insert("tokens", &link);
    let again = client.post("/auth/email-verify", body.clone()).await.ok();
    assert_eq!((&again["accesskey"], &again["customer"]["status"]), (&json!(null), &json!("active")));
    assert_eq!(client.post("/auth/email-verify", body).await.refusal(), (400, "INVALID_TOKEN".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_verification_link_is_reported_as_expired_before_and_after_expiry_and_cascade() {
    let app = TestApp::default();
    let id = app.initial_account("ada").await;
    send_verification(&app.cx, id, app.cause()).await.unwrap();
    let token = app.newest_token();
    let is_late = async || {
        let verified = verify::verify(&app.cx, &token).await;
        verified.is_err_and(|failure| failure.is(Reason::VerificationWindowEnded))
    };
    let deadline = app.customer(id).await.due().unwrap();
    app.clock.set(deadline);
    assert!(is_late().await, "after the deadline");
    app.change(id, Command::Expire).await;
    assert!(is_late().await, "after the account expired");
    app.run_until_idle().await.unwrap();
    assert!(is_late().await, "after the cascade");
    let remaining = app.tables.scan("tokens");
    assert_eq!(remaining.len(), 1, "only the link's hash is left");
    let ttl: i64 = remaining[0]["ttl"]["N"].as_str().unwrap().parse().unwrap();
    assert_eq!(ttl, deadline.seconds() + 30 * 86_400, "for a month after the deadline");
}

/// The events of these rows are sent to the webhook of an account that was opened with one.
#[tokio::test(flavor = "multi_thread")]
async fn webhooks_start_with_the_rows_that_the_verification_creates() {
    let app = TestApp::default();
    let id = app.initial_account("ada").await;
    send_verification(&app.cx, id, app.cause()).await.unwrap();
    let token = app.newest_token();
    // After the first call, which reads the token, the key is made, then the billing account.
    let clock = app.clock.clone();
    let _expected = app.fault_injector.before_call(1, move || clock.advance(Duration::from_millis(1)));
    let key = verify::verify(&app.cx, &token).await.unwrap().access_key.unwrap().key;
    let account = app.customer(id).await;
    assert_eq!(account.webhook_since, Some(key.tm_create));
    assert!(key.tm_create < account.tm_update, "the clock went on in between");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_an_account_deleted_before_verification_is_reported_as_expired() {
    let app = TestApp::default();
    let id = app.initial_account("ada").await;
    send_verification(&app.cx, id, app.cause()).await.unwrap();
    let token = app.newest_token();
    app.change(id, Command::Delete(Initiator::Owner)).await;
    for _ in 0..2 {
        let verified = verify::verify(&app.cx, &token).await;
        assert!(verified.is_err_and(|failure| failure.is(Reason::VerificationWindowEnded)));
        app.run_until_idle().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_free_after_its_verification_window_even_if_the_expiry_job_is_late() {
    let app = TestApp::default();
    let profile = Profile { email: "ada@example.com".into(), ..Profile::default() };
    sign_up(&app.cx, profile.clone(), app.cause()).await.unwrap();
    let first = app.email_holder("ada@example.com").await.unwrap();
    app.clock.advance(app.cx.settings.verify_sign_up_within + Duration::from_secs(1));
    send_verification(&app.cx, first, app.cause()).await.unwrap();
    assert!(app.cx.services.state().mails.is_empty(), "no expired link is mailed");

    sign_up(&app.cx, profile, app.cause()).await.unwrap();
    assert_eq!(app.customer(first).await.status(), Status::Expired);
    let second = app.email_holder("ada@example.com").await.unwrap();
    assert_ne!(first, second);
    send_verification(&app.cx, second, app.cause()).await.unwrap();
    verify::verify(&app.cx, &app.newest_token()).await.unwrap();
    app.run_until_idle().await.unwrap();
    assert_eq!(app.email_holder("ada@example.com").await, Some(second));
    assert_eq!(app.cx.services.state().jobs.len(), 0, "no expiry job is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_mailed_one_of_concurrent_links_works() {
    let app = TestApp::default();
    app.active_account("ada").await;
    let other = app.clone();
    let [first, second] = [1, 2].map(|id| Cause { id: Uuid::from_u128(id), ..app.cause() });
    let _expected = app.fault_injector.before_next("TransactWriteItems", move || {
        let request = send_reset(&other.cx, "ada", second);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(request)).unwrap();
    });
    send_reset(&app.cx, "ada", first).await.expect("the request needs no retry");
    assert_eq!(app.cx.services.state().mails.len(), 1);
    custodian_app::password::reset(&app.cx, &app.newest_token(), Secret::new(PASSWORD)).await.unwrap();
}
