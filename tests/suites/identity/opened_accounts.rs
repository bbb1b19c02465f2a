//! Accounts that a platform admin opens without a username or a password.

use custodian_tests::{Client, PASSWORD};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn without_a_username_and_a_password_the_owner_signs_in_by_address_after_setting_a_password_by_mail() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    // The seven fields of VoIPBIN's API.
    let body = json!({
        "name": "Acme", "detail": "", "email": "Owner@example.com", "phone_number": "", "address": "",
        "webhook_method": "", "webhook_uri": "",
    });
    let created = platform_admin.post("/v1.0/customers", body).await.ok();
    assert_eq!((&created["status"], &created["email"]), (&json!("initial"), &json!("Owner@example.com")));
    let verify = client.mailed_token("Owner@example.com").await;
    client.post("/auth/email-verify", json!({ "token": verify })).await.ok();
    let set = client.mailed_token("Owner@example.com").await;
    assert_ne!(set, verify);
    client.post("/auth/password-reset", json!({ "token": set, "password": PASSWORD })).await.ok();
    let owner = client.login("owner@example.com", PASSWORD).await;
    let me = owner.get("/v1.0/me").await.ok();
    assert_eq!((&me["username"], &me["permission"]), (&json!("Owner@example.com"), &json!(32)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_username_and_a_password_are_each_optional() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let by_address = json!({ "email": "ann@example.com", "password": PASSWORD, "username": null });
    platform_admin.post("/v1.0/customers", by_address).await.ok();
    client.login("ann@example.com", PASSWORD).await.get("/v1.0/customer").await.ok();

    let by_name = json!({ "email": "bob@example.com", "username": "bob", "password": null });
    platform_admin.post("/v1.0/customers", by_name).await.ok();
    let login = json!({ "username": "bob", "password": PASSWORD });
    assert_eq!(client.post("/auth/login", login).await.refusal(), (401, "INVALID_CREDENTIALS".into()));
    let verify = client.mailed_token("bob@example.com").await;
    client.post("/auth/email-verify", json!({ "token": verify })).await.ok();
    let set = client.mailed_token("bob@example.com").await;
    client.post("/auth/password-reset", json!({ "token": set, "password": PASSWORD })).await.ok();
    client.login("bob", PASSWORD).await.get("/v1.0/me").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_cannot_be_a_username_needs_another_one() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let (_, ann) = client.tenant("ann").await;
    let taken = json!({ "username": "taken@example.com", "password": PASSWORD });
    ann.post("/v1.0/agents", taken).await.ok();
    for (email, refusal) in [
        ("guest-1@example.com", (400, "INVALID_ARGUMENT")),
        ("taken@example.com", (409, "AGENT_ALREADY_EXISTS")),
    ] {
        let refused = platform_admin.post("/v1.0/customers", json!({ "email": email })).await;
        assert_eq!(refused.refusal(), (refusal.0, refusal.1.to_owned()), "{email}");
        let named = json!({ "email": email, "username": format!("owner of {email}").replace(' ', "-") });
        platform_admin.post("/v1.0/customers", named).await.ok();
    }
    let refused = platform_admin.post("/v1.0/customers", json!({ "email": "no address" })).await;
    assert_eq!(refused.json()["error"]["details"][0]["field"], "email");
    assert_eq!(refused.json()["error"]["details"].as_array().unwrap().len(), 1);
}
