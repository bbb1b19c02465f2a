//! What a stolen key, a former mailbox or a lower rank must not lead to.

use custodian_tests::{Answer, Client, PASSWORD};
use futures::future::join_all;
use serde_json::{Value, json};

/// Follows the newest link to set a password.
async fn reset(client: &Client, username: &str, mailbox: &str, password: &str) {
    client.post("/auth/password-forgot", json!({ "username": username })).await.ok();
    let token = client.mailed_token(mailbox).await;
    client.post("/auth/password-reset", json!({ "token": token, "password": password })).await.ok();
}

async fn wipe(client: &Client, username: &str, password: &str) -> Answer {
    let admin = client.login(username, password).await;
    let body = json!({ "password": password, "confirmation_phrase": "DELETE", "immediate": true });
    admin.post("/auth/unregister", body).await
}

async fn key_of(admin: &Client) -> Client {
    let key = admin.post("/v1.0/accesskeys", json!({})).await.ok();
    admin.with_token(key["token"].as_str().unwrap())
}

fn needs_a_day(answer: &Answer) {
    assert_eq!(answer.refusal(), (403, "REAUTHENTICATION_REQUIRED".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_cannot_wipe_the_account_by_way_of_an_agent_that_it_made_and_a_mailed_link() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let key = key_of(&ann).await;
    let body = json!({ "username": "evil@evil.example", "password": PASSWORD, "permission": 32 });
    key.post("/v1.0/agents", body).await.ok();
    reset(&client, "evil@evil.example", "evil@evil.example", "another password").await;
    needs_a_day(&wipe(&client, "evil@evil.example", "another password").await);
    // Somebody of long standing who was raised to administrator waits as well.
    let plain = ann.post("/v1.0/agents", json!({ "username": "plain", "password": PASSWORD })).await.ok();
    client.advance(86_500).await;
    let ann = client.login("ann", PASSWORD).await;
    let path = format!("/v1.0/agents/{}/permission", plain["id"].as_str().unwrap());
    ann.put(&path, json!({ "permission": 32 })).await.ok();
    needs_a_day(&wipe(&client, "plain", PASSWORD).await);
    client.advance(86_500).await;
    assert_eq!(wipe(&client, "plain", PASSWORD).await.ok()["status"], "deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_cannot_wipe_the_account_by_way_of_another_mailbox() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let key = key_of(&ann).await;
    key.put("/v1.0/customer", json!({ "email": "evil@evil.example" })).await.ok();
    let token = client.mailed_token("evil@evil.example").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    reset(&client, "ann", "evil@evil.example", "another password").await;
    needs_a_day(&wipe(&client, "ann", "another password").await);
    client.advance(86_500).await;
    reset(&client, "ann", "evil@evil.example", "a third password").await;
    assert_eq!(wipe(&client, "ann", "a third password").await.ok()["status"], "deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_cannot_keep_the_owner_from_an_immediate_deletion() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let me = ann.get("/v1.0/me").await.ok();
    let path = format!("/v1.0/agents/{}/password", me["id"].as_str().unwrap());
    key_of(&ann).await.put(&path, json!({ "password": "a stolen account" })).await.ok();
    needs_a_day(&wipe(&client, "ann", "a stolen account").await);
    // The link goes to the account's own address, which nobody has changed.
    reset(&client, "ann", "ann@example.com", PASSWORD).await;
    assert_eq!(wipe(&client, "ann", PASSWORD).await.ok()["status"], "deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_the_former_mailbox_gets_no_link() {
    let client = Client::start().await;
    let signup = json!({ "email": "old@example.com", "accepted_tos": true });
    client.post("/auth/signup", signup.clone()).await.ok();
    let token = client.mailed_token("old@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    let token = client.mailed_token("old@example.com").await;
    client.post("/auth/password-reset", json!({ "token": token, "password": PASSWORD })).await.ok();
    let admin = client.login("old@example.com", PASSWORD).await;

    // A link that was mailed to the old address dies when the account has another one.
    client.post("/auth/password-forgot", json!({ "username": "old@example.com" })).await.ok();
    let before = client.mailed_token("old@example.com").await;
    admin.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
    let token = client.mailed_token("new@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    let stale =
        client.post("/auth/password-reset", json!({ "token": before, "password": "a stolen one" })).await;
    assert_eq!(stale.refusal(), (400, "INVALID_TOKEN".into()));
    reset(&client, "old@example.com", "new@example.com", "a later password").await;
    client.login("old@example.com", "a later password").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_dies_with_the_password_that_it_was_to_replace() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let me = ann.get("/v1.0/me").await.ok();
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    let path = format!("/v1.0/agents/{}/password", me["id"].as_str().unwrap());
    let body = json!({ "password": "a new password", "current_password": PASSWORD });
    ann.put(&path, body).await.ok();
    let stale = client.post("/auth/password-reset", json!({ "token": token, "password": PASSWORD })).await;
    assert_eq!(stale.refusal(), (400, "INVALID_TOKEN".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_keeps_an_admin_and_its_address_is_theirs_alone() {
    let client = Client::start().await;
    let operator = client.operator().await;
    let body = json!({ "username": "svc", "password": PASSWORD, "permission": 32 });
    operator.post("/v1.0/agents", body).await.ok();
    let me = operator.get("/v1.0/me").await.ok();
    let path = format!("/v1.0/agents/{}/permission", me["id"].as_str().unwrap());
    let refused = operator.put(&path, json!({ "permission": 32 })).await;
    assert_eq!(refused.refusal(), (409, "LAST_ADMIN".into()), "another administrator is no platform admin");
    let service = client.login("svc", PASSWORD).await;
    let refused = service.put("/v1.0/customer", json!({ "email": "svc@evil.example" })).await;
    assert_eq!(refused.refusal(), (403, "PERMISSION_DENIED".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn right_passwords_at_the_same_moment_are_not_counted_as_wrong_ones() {
    let client = Client::start().await;
    client.tenant("ann").await;
    let body = json!({ "username": "ann", "password": PASSWORD });
    let logins = (0..24).map(|_| client.post("/auth/login", body.clone()));
    let answers: Vec<_> = join_all(logins).await.iter().map(|answer| answer.status).collect();
    assert_eq!(answers, [200; 24]);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_any_length_and_of_the_guests_kind_are_taken_as_they_are_meant() {
    let client = Client::start().await;
    let operator = client.operator().await;
    let longest = "\u{1f600}".repeat(255);
    let body = json!({ "username": longest, "password": PASSWORD, "email": "long@example.com" });
    operator.post("/v1.0/customers", body).await.ok();
    let guest = json!({ "email": "guest-1@example.com", "accepted_tos": true });
    client.post("/auth/signup", guest).await.ok();
    client.idle().await;
    let mails = client.get("/_local/mailbox").await.ok();
    let mail = mails["result"].as_array().unwrap().iter().find(|mail| mail["to"] == "guest-1@example.com");
    assert!(mail.and_then(|mail: &Value| mail["text"].as_str()).unwrap().contains("admin-"), "{mail:?}");
}
