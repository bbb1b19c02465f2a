//! Access keys: how programs get in.

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

async fn key(client: &Client, body: Value) -> (String, Client) {
    let made = client.post("/v1.0/accesskeys", body).await.ok();
    (made["id"].as_str().unwrap().to_owned(), client.with_token(made["token"].as_str().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_and_acts_as_the_accounts_guest() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let made = ann.post("/v1.0/accesskeys", json!({ "name": "ci", "detail": "builds" })).await.ok();
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("vb_") && token.starts_with(made["token_prefix"].as_str().unwrap()));
    assert_eq!(made["token_prefix"].as_str().unwrap().len(), 11);
    assert_eq!(made["customer_id"], id);
    let path = format!("/v1.0/accesskeys/{}", made["id"].as_str().unwrap());
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
    let renamed = ann.put(&path, json!({ "name": "cd", "expire": 86_400 })).await.ok();
    assert_eq!((&renamed["name"], &renamed["detail"]), (&json!("cd"), &json!("builds")));
    assert_eq!(renamed["tm_expire"], made["tm_expire"], "how long it lives is settled when it is made");
    ann.delete(&path).await.ok();
    assert_eq!(program.get("/v1.0/me").await.refusal(), (401, "INVALID_CREDENTIALS".into()));
    assert_eq!(ann.get(&path).await.refusal(), (404, "ACCESSKEY_NOT_FOUND".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_lives_a_year_or_as_long_as_is_asked_but_a_day_at_least() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    for expire in
        [json!(0), json!(86_399), json!(-1), json!("86400"), json!(1e30), json!(4_294_967_296_000_u64)]
    {
        let answer = ann.post("/v1.0/accesskeys", json!({ "expire": expire })).await;
        assert_eq!(answer.refusal(), (400, "INVALID_ARGUMENT".into()), "{expire}");
    }
    let (_, short) = key(&ann, json!({ "expire": 86_400 })).await;
    let (_, year) = key(&ann, json!({})).await;
    client.advance(86_401).await;
    assert_eq!(short.get("/v1.0/me").await.refusal(), (401, "INVALID_CREDENTIALS".into()));
    year.get("/v1.0/me").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_fifty_keys_live_and_those_that_ended_make_room() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    // The account was born with one.
    let making = (0..60).map(|_| ann.post("/v1.0/accesskeys", json!({ "expire": 86_400 })));
    let answers = futures::future::join_all(making).await;
    let made = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(made, 49, "racing for the last places");
    let full = answers.iter().find(|answer| answer.status != 200).unwrap();
    assert_eq!(full.refusal(), (429, "RESOURCE_LIMIT_EXCEEDED".into()));
    client.advance(86_401).await;
    let ann = client.login("ann", PASSWORD).await;
    ann.post("/v1.0/accesskeys", json!({})).await.ok();
    let left = ann.get("/v1.0/accesskeys").await.ok();
    assert_eq!(left["result"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_accounts_key_can_recover_it_and_works_again_afterwards() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, program) = key(&ann, json!({})).await;
    let phrase = json!({ "confirmation_phrase": "DELETE" });
    assert_eq!(
        program.post("/auth/unregister", json!({})).await.refusal(),
        (400, "CONFIRMATION_REQUIRED".into())
    );
    let at_once = json!({ "confirmation_phrase": "DELETE", "immediate": true });
    let refused = program.post("/auth/unregister", at_once).await;
    assert_eq!(refused.refusal(), (403, "REAUTHENTICATION_REQUIRED".into()));
    assert_eq!(program.post("/auth/unregister", phrase).await.ok()["status"], "frozen");
    assert_eq!(program.get("/v1.0/me").await.refusal(), (403, "ACCOUNT_FROZEN".into()));
    assert_eq!(program.get("/v1.0/customer").await.ok()["status"], "frozen");
    assert_eq!(program.delete("/auth/unregister").await.ok()["status"], "active");
    program.get("/v1.0/me").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_others_and_broken_keys_are_nothing() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let (id, program) = key(&ann, json!({})).await;
    assert_eq!(
        bob.get(&format!("/v1.0/accesskeys/{id}")).await.refusal(),
        (404, "ACCESSKEY_NOT_FOUND".into())
    );
    let token = program.token();
    let other = if token.ends_with('A') { 'Q' } else { 'A' };
    let (first, last) = (token.replacen("vb_", "vb_A", 1), format!("{}{other}", &token[..token.len() - 1]));
    for broken in [&*first, &last, &token[..token.len() - 1], "vb_", "vb_x"] {
        let answer = client.with_token(broken).get("/v1.0/me").await;
        assert_eq!(answer.refusal(), (401, "INVALID_CREDENTIALS".into()), "{broken}");
    }
}
