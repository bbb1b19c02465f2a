//! Commands that the account's status, or a missing confirmation, does not permit.

use custodian_tests::{Client, PASSWORD};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn unregistering_needs_the_right_confirmation() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let before = ann.get("/v1.0/customer").await.ok();
    let wrong = [
        (json!({}), (400, "CONFIRMATION_REQUIRED")),
        (json!({ "password": "" }), (400, "CONFIRMATION_REQUIRED")),
        (json!({ "confirmation_phrase": "DELETE" }), (400, "CONFIRMATION_REQUIRED")),
        (
            json!({ "confirmation_phrase": "delete", "password": PASSWORD }),
            (400, "INVALID_CONFIRMATION_PHRASE"),
        ),
        (json!({ "password": "wrong password" }), (403, "INVALID_PASSWORD")),
        (json!({ "password": 7 }), (400, "INVALID_ARGUMENT")),
        (json!({ "password": PASSWORD, "immediate": "yes" }), (400, "INVALID_ARGUMENT")),
        (json!({ "password": PASSWORD, "immediate": true }), (400, "CONFIRMATION_REQUIRED")),
        (json!({ "confirmation_phrase": "DELETE", "immediate": true }), (400, "CONFIRMATION_REQUIRED")),
        (
            json!({ "password": "wrong password", "confirmation_phrase": "DELETE", "immediate": true }),
            (403, "INVALID_PASSWORD"),
        ),
        (
            json!({ "password": PASSWORD, "confirmation_phrase": "DELETE ", "immediate": true }),
            (400, "INVALID_CONFIRMATION_PHRASE"),
        ),
    ];
    for (body, (status, reason)) in wrong {
        let response = ann.post("/auth/unregister", body.clone()).await;
        assert_eq!(response.refusal(), (status, reason.to_owned()), "{body}");
    }
    assert_eq!(ann.get("/v1.0/customer").await.ok(), before);
    assert_eq!(
        ann.delete("/auth/unregister").await.ok(),
        before,
        "recovering an active account changes nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn initial_frozen_and_deleted_accounts_refuse_the_commands_that_their_status_does_not_permit() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let initial = client.open_account("ini").await;
    let (frozen, fro) = client.tenant("fro").await;
    fro.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let (deleted, _) = client.tenant("del").await;
    platform_admin.delete(&format!("/v1.0/customers/{deleted}")).await.ok();
    let platform = platform_admin.get("/v1.0/customer").await.ok()["id"].as_str().unwrap().to_owned();

    let refused = (409, "STATE_INVALID".to_owned());
    let post = async |id: &str, verb: &str| {
        platform_admin
            .send(platform_admin.request(Method::POST, &format!("/v1.0/customers/{id}/{verb}")))
            .await
    };
    for (id, verb) in
        [(&initial, "freeze"), (&initial, "recover"), (&deleted, "freeze"), (&deleted, "recover")]
    {
        assert_eq!(post(id, verb).await.refusal(), refused, "{verb}");
    }
    assert_eq!(post(&platform, "freeze").await.refusal(), refused);
    assert_eq!(platform_admin.delete(&format!("/v1.0/customers/{platform}")).await.refusal(), refused);
    let own = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    assert_eq!(platform_admin.post("/auth/unregister", own).await.refusal(), refused);
    for id in [&frozen, &deleted] {
        let response = platform_admin.put(&format!("/v1.0/customers/{id}"), json!({ "name": "x" })).await;
        assert_eq!(response.refusal(), refused);
    }
    platform_admin.put(&format!("/v1.0/customers/{initial}"), json!({ "name": "x" })).await.ok();
    assert_eq!(post(&frozen, "freeze").await.ok()["status"], "frozen");
    assert_eq!(post(&frozen, "recover").await.ok()["status"], "active");
    assert_eq!(post(&frozen, "recover").await.ok()["status"], "active", "repeating a recovery succeeds");
}
