//! Passwords: resetting, guessing, and the tokens that a new password revokes.

use custodian_tests::{Client, PASSWORD, Tables};
use serde_json::json;

use crate::sign_up::subjects;

const NEW_PASSWORD: &str = "another fine password";

/// Invariant I7: a credential is valid only as long as its basis.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_reset_link_works_once_and_for_an_hour() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    client.idle().await;
    for name in ["ann", "ANN", "nobody"] {
        let response = client.post("/auth/password-forgot", json!({ "username": name })).await;
        assert_eq!((response.status, &*response.text), (200, "{}"), "{name}");
    }
    // The username is not an address, so the mail goes to the account's address.
    assert_eq!(subjects(&client, "ann@example.com").await[..2], ["Set your password", "Set your password"]);
    let token = client.mailed_token("ann@example.com").await;
    let short = client.post("/auth/password-reset", json!({ "token": token, "password": "short" })).await;
    assert_eq!(short.refusal(), (400, "INVALID_ARGUMENT".into()));
    client.post("/auth/password-reset", json!({ "token": token, "password": NEW_PASSWORD })).await.ok();
    let again =
        client.post("/auth/password-reset", json!({ "token": token, "password": NEW_PASSWORD })).await;
    assert_eq!(again.refusal(), (400, "INVALID_TOKEN".into()));
    assert_eq!(
        ann.get("/v1.0/me").await.refusal(),
        (401, "INVALID_CREDENTIALS".into()),
        "older tokens are revoked"
    );
    client.login("ann", NEW_PASSWORD).await.get("/v1.0/me").await.ok();

    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    client.advance(3601).await;
    let late = client.post("/auth/password-reset", json!({ "token": token, "password": NEW_PASSWORD })).await;
    assert_eq!(late.refusal(), (400, "INVALID_TOKEN".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_only_for_its_purpose() {
    let client = Client::start().await;
    client.open_account("ann").await;
    let verify = client.mailed_token("ann@example.com").await;
    let response =
        client.post("/auth/password-reset", json!({ "token": verify, "password": NEW_PASSWORD })).await;
    assert_eq!(response.refusal(), (400, "INVALID_TOKEN".into()));
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    let reset = client.mailed_token("ann@example.com").await;
    let response = client.post("/auth/email-verify", json!({ "token": reset })).await;
    assert_eq!(response.refusal(), (400, "INVALID_TOKEN".into()));
    client.post("/auth/password-reset", json!({ "token": reset, "password": NEW_PASSWORD })).await.ok();
    client.post("/auth/email-verify", json!({ "token": verify })).await.ok();
}

/// The lock concerns only sign-ins with the same name from the client network of the wrong passwords.
#[tokio::test(flavor = "multi_thread")]
async fn ten_wrong_passwords_stop_their_network_for_fifteen_minutes() {
    let client = Client::start().await;
    client.tenant("ann").await;
    client.tenant("bob").await;
    let login = async |name: &str, password: &str| {
        client.post("/auth/login", json!({ "username": name, "password": password })).await
    };
    // Successful logins do not count.
    for _ in 0..12 {
        login("ann", PASSWORD).await.ok();
    }
    let guesses = (0..30).map(|_| login("Ann", "a wrong password"));
    let mut statuses: Vec<_> =
        futures::future::join_all(guesses).await.iter().map(|response| response.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses[..10], [401; 10], "exactly ten concurrent guesses are checked");
    assert_eq!(statuses[10..], [429; 20]);
    let closed = login("ann", PASSWORD).await;
    assert_eq!(closed.refusal(), (429, "RATE_LIMIT_EXCEEDED".into()));
    let wait: u64 = closed.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    login("bob", PASSWORD).await.ok();
    client.advance(900).await;
    login("ann", PASSWORD).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_of_a_signed_in_agent_have_a_limit_of_their_own() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    for _ in 0..10 {
        let response = ann.post("/auth/unregister", json!({ "password": "a wrong password" })).await;
        assert_eq!(response.refusal(), (403, "INVALID_PASSWORD".into()));
    }
    let response = ann.post("/auth/unregister", json!({ "password": PASSWORD })).await;
    assert_eq!(response.refusal(), (429, "RATE_LIMIT_EXCEEDED".into()));
    let login = client.post("/auth/login", json!({ "username": "ann", "password": PASSWORD })).await;
    assert_eq!(login.status, 200, "sign-in has another limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_names_wrong_passwords_and_the_guest_get_the_same_response() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    ann.get("/v1.0/me").await.ok();
    let mut texts = Vec::new();
    for name in ["ann", "nobody", &*format!("guest-{id}")] {
        let body = json!({ "username": name, "password": "a wrong password" });
        let response = client.post("/auth/login", body).await;
        assert_eq!(response.refusal(), (401, "INVALID_CREDENTIALS".into()), "{name}");
        texts.push(response.text.replace(response.json()["error"]["request_id"].as_str().unwrap(), ""));
    }
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]));
}

/// Invariant I7: a credential is valid only as long as its basis.
#[tokio::test(flavor = "multi_thread")]
async fn logging_out_revokes_all_tokens_of_the_agent_and_no_others() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let other = client.login("ann", PASSWORD).await;
    let response = ann.post("/auth/logout", json!({})).await;
    response.ok();
    let expired = |name| format!("{name}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict");
    let cookies: Vec<_> = response.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, [expired("__Host-token").as_str(), expired("token").as_str()]);
    for revoked in [&ann, &other] {
        assert_eq!(revoked.get("/v1.0/me").await.refusal(), (401, "INVALID_CREDENTIALS".into()));
    }
    bob.get("/v1.0/me").await.ok();
    client.login("ann", PASSWORD).await.get("/v1.0/me").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_link_survives_a_log_out_and_is_revoked_by_a_permission_change() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    ann.post("/auth/logout", json!({})).await.ok();
    client.post("/auth/password-reset", json!({ "token": token, "password": NEW_PASSWORD })).await.ok();

    let ann = client.login("ann", NEW_PASSWORD).await;
    let body = json!({ "username": "bob@example.com", "password": PASSWORD });
    let bob = ann.post("/v1.0/agents", body).await.ok();
    client.post("/auth/password-forgot", json!({ "username": "bob@example.com" })).await.ok();
    let token = client.mailed_token("bob@example.com").await;
    let path = format!("/v1.0/agents/{}/permission", bob["id"].as_str().unwrap());
    ann.put(&path, json!({ "permission": 32 })).await.ok();
    let stale =
        client.post("/auth/password-reset", json!({ "token": token, "password": NEW_PASSWORD })).await;
    assert_eq!(stale.refusal(), (400, "INVALID_TOKEN".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_rehashes_an_outdated_password_hash_without_changing_the_password() {
    // The tests' password, hashed with 64 KiB and one pass.
    const OLD_HASH: &str =
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$QOKF1iG70GOhZX71bkTGoINw9zqSjKFirULQQtMxBVI";
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let tables = Tables(client.engine().clone());
    let row = || {
        let agents = tables.query("agents", "customer_id", &id);
        agents.into_iter().find(|agent| agent["username"]["S"] == "ann").unwrap()
    };
    let mut old = row();
    old["password_hash"]["S"] = json!(OLD_HASH);
    tables.insert("agents", &[old.clone()]);
    let wrong = client.post("/auth/login", json!({ "username": "ann", "password": NEW_PASSWORD })).await;
    assert_eq!((wrong.status, row()), (401, old.clone()), "a wrong password rehashes nothing");
    client.login("ann", PASSWORD).await;
    let new = row();
    assert!(new["password_hash"]["S"].as_str().unwrap().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_eq!((&new["epoch"], &new["version"]), (&old["epoch"], &old["version"]));
    ann.get("/v1.0/me").await.ok();
    client.login("ann", PASSWORD).await;
    assert_eq!(row(), new, "the next login rehashes nothing");
}
