//! Deleting and recovering an account in every status.

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

use crate::visible_state;

const WEEK: u64 = 7 * 86_400;

fn immediate_deletion() -> Value {
    json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unverified_account_cannot_be_frozen_but_can_be_deleted_at_once() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    let ann = client.login("ann", PASSWORD).await;
    client.idle().await;
    let before = visible_state(&client).await;
    let freeze = ann.post("/auth/unregister", json!({ "password": PASSWORD })).await;
    assert_eq!(freeze.refusal(), (409, "STATE_INVALID".into()));
    assert_eq!(ann.delete("/auth/unregister").await.refusal(), (409, "STATE_INVALID".into()));
    client.idle().await;
    assert_eq!(visible_state(&client).await, before);
    let deleted = ann.post("/auth/unregister", immediate_deletion()).await.ok();
    assert_eq!(
        (&deleted["id"], &deleted["status"], &deleted["email"]),
        (&json!(id), &json!("deleted"), &json!(""))
    );
    assert_eq!(
        client.get("/_local/schedules").await.ok()["result"],
        json!([]),
        "its expiry job is cancelled"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_account_can_be_deleted_at_once_with_a_full_confirmation() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let ann = client.login("ann", PASSWORD).await;
    client.idle().await;
    let before = visible_state(&client).await;
    let wrong = [
        (json!({ "immediate": true }), (400, "CONFIRMATION_REQUIRED")),
        (json!({ "immediate": true, "password": PASSWORD }), (400, "CONFIRMATION_REQUIRED")),
        (json!({ "immediate": true, "confirmation_phrase": "DELETE" }), (400, "CONFIRMATION_REQUIRED")),
        (
            json!({ "immediate": true, "confirmation_phrase": "DELETE", "password": "wrong password" }),
            (403, "INVALID_PASSWORD"),
        ),
        (json!({ "password": "wrong password" }), (403, "INVALID_PASSWORD")),
    ];
    for (body, (status, reason)) in wrong {
        let response = ann.post("/auth/unregister", body.clone()).await;
        assert_eq!(response.refusal(), (status, reason.to_owned()), "{body}");
    }
    client.idle().await;
    assert_eq!(visible_state(&client).await, before);
    assert_eq!(ann.post("/auth/unregister", immediate_deletion()).await.ok()["status"], "deleted");
    assert_eq!(ann.delete("/auth/unregister").await.refusal(), (401, "INVALID_CREDENTIALS".into()));
    assert_eq!(client.get("/_local/schedules").await.ok()["result"], json!([]), "its purge job is cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_confirmation_phrase_is_compared_exactly() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    client.idle().await;
    let before = visible_state(&client).await;
    for phrase in
        ["delete", "Delete", " DELETE", "DELETE ", "DELETE!", "DELETED", "ＤＥＬＥＴＥ", "D\u{200b}ELETE"]
    {
        for immediate in [true, false] {
            let body = json!({ "password": PASSWORD, "confirmation_phrase": phrase, "immediate": immediate });
            let response = ann.post("/auth/unregister", body).await;
            assert_eq!(response.refusal(), (400, "INVALID_CONFIRMATION_PHRASE".into()), "{phrase}");
        }
    }
    for body in [
        json!({ "password": PASSWORD, "confirmation_phrase": true }),
        json!({ "password": PASSWORD, "immediate": 1 }),
        json!({ "password": PASSWORD, "immediate": "true" }),
    ] {
        let response = ann.post("/auth/unregister", body.clone()).await;
        assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()), "{body}");
    }
    client.idle().await;
    assert_eq!(visible_state(&client).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_account_cannot_be_changed() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    client.advance(WEEK + 2).await;
    let platform_admin = client.platform_admin().await;
    let account = format!("/v1.0/customers/{id}");
    let before = visible_state(&client).await;
    for response in [
        platform_admin.post(&format!("{account}/freeze"), json!({})).await,
        platform_admin.post(&format!("{account}/recover"), json!({})).await,
        platform_admin.put(&account, json!({ "name": "x", "email": "back@example.com" })).await,
        platform_admin.delete(&account).await,
    ] {
        assert_eq!(response.refusal(), (409, "STATE_INVALID".into()));
    }
    client.idle().await;
    assert_eq!(visible_state(&client).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_commands_of_platform_admins_change_nothing() {
    let client = Client::start().await;
    let (id, _) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let account = format!("/v1.0/customers/{id}");
    for verb in ["freeze", "recover"] {
        let path = format!("{account}/{verb}");
        let first = platform_admin.post(&path, json!({})).await.ok();
        client.idle().await;
        let before = visible_state(&client).await;
        assert_eq!(platform_admin.post(&path, json!({})).await.ok(), first, "repeated {verb}");
        client.idle().await;
        assert_eq!(visible_state(&client).await, before, "repeated {verb}");
    }
    platform_admin.delete(&account).await.ok();
    client.idle().await;
    let before = visible_state(&client).await;
    let deleted = platform_admin.get(&account).await.ok();
    assert_eq!(platform_admin.delete(&account).await.ok(), deleted);
    for response in [
        platform_admin.post(&format!("{account}/freeze"), json!({})).await,
        platform_admin.post(&format!("{account}/recover"), json!({})).await,
        platform_admin.put(&account, json!({ "name": "back again" })).await,
    ] {
        assert_eq!(response.refusal(), (409, "STATE_INVALID".into()));
    }
    client.idle().await;
    assert_eq!(visible_state(&client).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platforms_own_account_cannot_be_frozen_or_deleted() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    client.idle().await;
    let id = platform_admin.get("/v1.0/customer").await.ok()["id"].as_str().unwrap().to_owned();
    let before = visible_state(&client).await;
    let account = format!("/v1.0/customers/{id}");
    for response in [
        platform_admin.post(&format!("{account}/freeze"), json!({})).await,
        platform_admin.delete(&account).await,
        platform_admin.post("/auth/unregister", json!({ "password": PASSWORD })).await,
        platform_admin.post("/auth/unregister", immediate_deletion()).await,
    ] {
        assert_eq!(response.refusal(), (409, "STATE_INVALID".into()));
    }
    client.idle().await;
    assert_eq!(visible_state(&client).await, before);
    platform_admin.get("/v1.0/me").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refusal_of_an_access_key_says_how_it_can_unregister() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let key = ann.with_access_key().await;
    for (body, status, reason) in [
        (json!({}), 400, "CONFIRMATION_REQUIRED"),
        (json!({ "password": PASSWORD }), 400, "CONFIRMATION_REQUIRED"),
        (json!({ "immediate": true }), 400, "CONFIRMATION_REQUIRED"),
        (json!({ "immediate": true, "confirmation_phrase": "DELETE" }), 403, "REAUTHENTICATION_REQUIRED"),
    ] {
        let refused = key.post("/auth/unregister", body.clone()).await;
        assert_eq!(refused.refusal(), (status, reason.into()), "{body}");
        let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("An access key c") && message.contains("at once"), "{body}: {message}");
    }
    let agent = ann.post("/auth/unregister", json!({})).await;
    assert_eq!(agent.refusal(), (400, "CONFIRMATION_REQUIRED".into()));
    assert!(agent.text.contains("Confirm with the password"), "{}", agent.text);
}
