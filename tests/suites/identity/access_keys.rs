//! Access keys, the credentials of programs.

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

async fn create_key(client: &Client, body: Value) -> (String, Client) {
    let created = client.post("/v1.0/accesskeys", body).await.ok();
    (created["id"].as_str().unwrap().to_owned(), client.with_token(created["token"].as_str().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_and_gets_the_guest_agent_from_me() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let created = ann.post("/v1.0/accesskeys", json!({ "name": "ci", "detail": "builds" })).await.ok();
    let token = created["token"].as_str().unwrap();
    assert!(token.starts_with("vb_") && token.starts_with(created["token_prefix"].as_str().unwrap()));
    assert_eq!(created["token_prefix"].as_str().unwrap().len(), 11);
    assert_eq!(created["customer_id"], id);
    let path = format!("/v1.0/accesskeys/{}", created["id"].as_str().unwrap());
    let shown = ann.get(&path).await;
    assert!(
        shown.ok().get("token").is_none() && !shown.text.contains(token) && !shown.text.contains("secret")
    );

    let program = client.with_token(token);
    let me = program.get("/v1.0/me").await.ok();
    assert_eq!(me["username"], format!("guest-{id}"));
    assert_eq!(
        program.get(&path).await.ok()["tm_last_used"].as_str().map(|day| day.ends_with("T00:00:00Z")),
        Some(true)
    );
    let refused = ann.put(&path, json!({ "name": "cd", "expire": 86_400 })).await;
    assert_eq!(refused.refusal(), (400, "INVALID_ARGUMENT".into()), "{}", refused.text);
    let renamed = ann.put(&path, json!({ "name": "cd" })).await.ok();
    assert_eq!((&renamed["name"], &renamed["detail"]), (&json!("cd"), &json!("builds")));
    assert_eq!(renamed["tm_expire"], created["tm_expire"], "the lifetime is fixed at creation");
    ann.delete(&path).await.ok();
    assert_eq!(program.get("/v1.0/me").await.refusal(), (401, "INVALID_CREDENTIALS".into()));
    assert_eq!(ann.get(&path).await.refusal(), (404, "ACCESSKEY_NOT_FOUND".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_valid_for_a_year_by_default_and_for_at_least_a_day() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    for expire in
        [json!(0), json!(86_399), json!(-1), json!("86400"), json!(1e30), json!(4_294_967_296_000_u64)]
    {
        let response = ann.post("/v1.0/accesskeys", json!({ "expire": expire })).await;
        assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()), "{expire}");
    }
    let (_, short) = create_key(&ann, json!({ "expire": 86_400 })).await;
    let (_, year) = create_key(&ann, json!({})).await;
    client.advance(86_401).await;
    assert_eq!(short.get("/v1.0/me").await.refusal(), (401, "INVALID_CREDENTIALS".into()));
    client.advance(364 * 86_400 - 86_401).await;
    year.get("/v1.0/me").await.ok();
    client.advance(86_401).await;
    assert_eq!(year.get("/v1.0/me").await.refusal(), (401, "INVALID_CREDENTIALS".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_holds_at_most_fifty_keys_and_expired_keys_do_not_count() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    // Verification created the first key.
    let requests = (0..60).map(|_| ann.post("/v1.0/accesskeys", json!({ "expire": 86_400 })));
    let responses = futures::future::join_all(requests).await;
    let created = responses.iter().filter(|response| response.status == 200).count();
    assert_eq!(created, 49, "concurrent creations respect the limit");
    let full = responses.iter().find(|response| response.status != 200).unwrap();
    assert_eq!(full.refusal(), (429, "RESOURCE_LIMIT_EXCEEDED".into()));
    client.advance(86_401).await;
    let ann = client.login("ann", PASSWORD).await;
    ann.post("/v1.0/accesskeys", json!({})).await.ok();
    let left = ann.get("/v1.0/accesskeys").await.ok();
    assert_eq!(left["result"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_frozen_account_can_recover_it() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, program) = create_key(&ann, json!({})).await;
    let phrase = json!({ "confirmation_phrase": "DELETE" });
    assert_eq!(
        program.post("/auth/unregister", json!({})).await.refusal(),
        (400, "CONFIRMATION_REQUIRED".into())
    );
    let immediate = json!({ "confirmation_phrase": "DELETE", "immediate": true });
    let refused = program.post("/auth/unregister", immediate).await;
    assert_eq!(refused.refusal(), (403, "REAUTHENTICATION_REQUIRED".into()));
    assert_eq!(program.post("/auth/unregister", phrase).await.ok()["status"], "frozen");
    assert_eq!(program.get("/v1.0/tags").await.refusal(), (403, "ACCOUNT_FROZEN".into()));
    assert_eq!(program.get("/v1.0/customer").await.ok()["status"], "frozen");
    assert_eq!(program.delete("/auth/unregister").await.ok()["status"], "active");
    program.get("/v1.0/me").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_keys_and_keys_of_another_account_are_refused() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let (id, program) = create_key(&ann, json!({})).await;
    assert_eq!(
        bob.get(&format!("/v1.0/accesskeys/{id}")).await.refusal(),
        (404, "ACCESSKEY_NOT_FOUND".into())
    );
    let token = program.token();
    let other = if token.ends_with('A') { 'Q' } else { 'A' };
    let (first, last) = (token.replacen("vb_", "vb_A", 1), format!("{}{other}", &token[..token.len() - 1]));
    for broken in [&*first, &last, &token[..token.len() - 1], "vb_", "vb_x"] {
        let response = client.with_token(broken).get("/v1.0/me").await;
        assert_eq!(response.refusal(), (401, "INVALID_CREDENTIALS".into()), "{broken}");
    }
}
