//! Account takeover: what an attacker with a stolen key, a former mailbox or a lower permission cannot do, or not at once.

use custodian_tests::{Client, PASSWORD, Response};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::sign_up::subjects;

/// Sets a password with the newest mailed link.
async fn reset_password(client: &Client, username: &str, mailbox: &str, password: &str) {
    client.post("/auth/password-forgot", json!({ "username": username })).await.ok();
    let token = client.mailed_token(mailbox).await;
    client.post("/auth/password-reset", json!({ "token": token, "password": password })).await.ok();
}

async fn delete_immediately(client: &Client, username: &str, password: &str) -> Response {
    let admin = client.login(username, password).await;
    let body = json!({ "password": password, "confirmation_phrase": "DELETE", "immediate": true });
    admin.post("/auth/unregister", body).await
}

async fn create_key(admin: &Client) -> Client {
    let key = admin.post("/v1.0/accesskeys", json!({})).await.ok();
    admin.with_token(key["token"].as_str().unwrap())
}

fn assert_needs_a_day(response: &Response) {
    assert_eq!(response.refusal(), (403, "REAUTHENTICATION_REQUIRED".into()));
}

/// Invariant I7: a credential is valid only as long as its basis.
#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_key_cannot_delete_the_account_at_once_through_an_agent_it_created() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let key = create_key(&ann).await;
    let body = json!({ "username": "evil@evil.example", "password": PASSWORD, "permission": 32 });
    key.post("/v1.0/agents", body).await.ok();
    // The key chose the username, so a link for the agent goes to the account's own address.
    client.post("/auth/password-forgot", json!({ "username": "evil@evil.example" })).await.ok();
    client.idle().await;
    let mails = client.get("/_local/mailbox").await.rows();
    assert!(!mails.iter().any(|mail| mail["to"] == "evil@evil.example"), "{mails:?}");
    assert_needs_a_day(&delete_immediately(&client, "evil@evil.example", PASSWORD).await);
    // An older agent that was promoted to administrator also has to wait a day.
    let plain = ann.post("/v1.0/agents", json!({ "username": "plain", "password": PASSWORD })).await.ok();
    client.advance(86_500).await;
    let ann = client.login("ann", PASSWORD).await;
    let path = format!("/v1.0/agents/{}/permission", plain["id"].as_str().unwrap());
    ann.put(&path, json!({ "permission": 32 })).await.ok();
    assert_needs_a_day(&delete_immediately(&client, "plain", PASSWORD).await);
    client.advance(86_500).await;
    assert_eq!(delete_immediately(&client, "plain", PASSWORD).await.ok()["status"], "deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_key_cannot_delete_the_account_at_once_through_a_new_mail_address() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let key = create_key(&ann).await;
    key.put("/v1.0/customer", json!({ "email": "evil@evil.example" })).await.ok();
    let token = client.mailed_token("evil@evil.example").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    reset_password(&client, "ann", "evil@evil.example", "another password").await;
    assert_needs_a_day(&delete_immediately(&client, "ann", "another password").await);
    client.advance(86_500).await;
    reset_password(&client, "ann", "evil@evil.example", "a third password").await;
    assert_eq!(delete_immediately(&client, "ann", "a third password").await.ok()["status"], "deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_key_cannot_keep_the_owner_from_an_immediate_deletion() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let me = ann.get("/v1.0/me").await.ok();
    let path = format!("/v1.0/agents/{}/password", me["id"].as_str().unwrap());
    create_key(&ann).await.put(&path, json!({ "password": "a stolen account" })).await.ok();
    assert_needs_a_day(&delete_immediately(&client, "ann", "a stolen account").await);
    // The link goes to the account's own address, which has not changed.
    reset_password(&client, "ann", "ann@example.com", PASSWORD).await;
    assert_eq!(delete_immediately(&client, "ann", PASSWORD).await.ok()["status"], "deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_mailbox_receives_no_password_link() {
    let client = Client::start().await;
    let sign_up = json!({ "email": "old@example.com", "accepted_tos": true });
    client.post("/auth/signup", sign_up.clone()).await.ok();
    let token = client.mailed_token("old@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    let token = client.mailed_token("old@example.com").await;
    client.post("/auth/password-reset", json!({ "token": token, "password": PASSWORD })).await.ok();
    let admin = client.login("old@example.com", PASSWORD).await;

    // A link that was mailed to the old address is revoked when the address changes.
    client.post("/auth/password-forgot", json!({ "username": "old@example.com" })).await.ok();
    let before = client.mailed_token("old@example.com").await;
    admin.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
    let token = client.mailed_token("new@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    let stale =
        client.post("/auth/password-reset", json!({ "token": before, "password": "a stolen one" })).await;
    assert_eq!(stale.refusal(), (400, "INVALID_TOKEN".into()));
    // The owner's username changed with the address, so the old address signs in no agent.
    reset_password(&client, "new@example.com", "new@example.com", "a later password").await;
    client.login("new@example.com", "a later password").await;
    client.post("/auth/password-forgot", json!({ "username": "old@example.com" })).await.ok();
    let mails = subjects(&client, "old@example.com").await;
    let expected =
        ["Your e-mail address was changed", "Your e-mail address is about to change", "Set your password"];
    assert_eq!(mails[..3], expected, "no further link was mailed");
    let body = json!({ "username": "old@example.com", "password": "a later password" });
    assert_eq!(client.post("/auth/login", body).await.reason(), "INVALID_CREDENTIALS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_link_is_revoked_when_the_password_changes() {
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
async fn the_platform_keeps_an_admin_and_only_platform_admins_change_its_address() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let body = json!({ "username": "svc", "password": PASSWORD, "permission": 32 });
    platform_admin.post("/v1.0/agents", body).await.ok();
    let me = platform_admin.get("/v1.0/me").await.ok();
    let path = format!("/v1.0/agents/{}/permission", me["id"].as_str().unwrap());
    let refused = platform_admin.put(&path, json!({ "permission": 32 })).await;
    assert_eq!(refused.refusal(), (409, "LAST_ADMIN".into()), "an administrator is not a platform admin");
    let service = client.login("svc", PASSWORD).await;
    let refused = service.put("/v1.0/customer", json!({ "email": "svc@evil.example" })).await;
    assert_eq!(refused.refusal(), (403, "PERMISSION_DENIED".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_correct_logins_do_not_count_as_wrong_ones() {
    let client = Client::start().await;
    client.tenant("ann").await;
    let body = json!({ "username": "ann", "password": PASSWORD });
    let logins = (0..24).map(|_| client.post("/auth/login", body.clone()));
    let responses: Vec<_> = join_all(logins).await.iter().map(|response| response.status).collect();
    assert_eq!(responses, [200; 24]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_username_and_a_guest_like_address_are_accepted() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let longest = "\u{fc}".repeat(127) + "x";
    let body = json!({ "username": longest, "password": PASSWORD, "email": "long@example.com" });
    platform_admin.post("/v1.0/customers", body).await.ok();
    let guest = json!({ "email": "guest-1@example.com", "accepted_tos": true });
    client.post("/auth/signup", guest).await.ok();
    client.idle().await;
    let mails = client.get("/_local/mailbox").await.ok();
    let mail = mails["result"].as_array().unwrap().iter().find(|mail| mail["to"] == "guest-1@example.com");
    assert!(mail.and_then(|mail: &Value| mail["text"].as_str()).unwrap().contains("admin-"), "{mail:?}");
}
