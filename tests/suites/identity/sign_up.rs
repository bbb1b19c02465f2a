//! Sign-up: every valid address gets the same response, and only the mail says whether an account has it.

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

/// The subjects of the mails to an address, newest first.
pub(crate) async fn subjects(client: &Client, to: &str) -> Vec<String> {
    client.idle().await;
    let mails = client.get("/_local/mailbox").await.ok();
    let to_them = mails["result"].as_array().unwrap().iter().filter(|mail| mail["to"] == to);
    to_them.map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn sign_up_body(email: &str) -> Value {
    json!({ "email": email, "accepted_tos": true, "name": "Ann & Co" })
}

#[tokio::test(flavor = "multi_thread")]
async fn new_pending_and_existing_addresses_get_the_same_response_and_existing_ones_another_mail() {
    let client = Client::start().await;
    let mut responses = Vec::new();
    for expected in [&["Confirm your e-mail address"; 1][..], &["Confirm your e-mail address"; 2]] {
        responses.push(client.post("/auth/signup", sign_up_body("ann@example.com")).await);
        assert_eq!(subjects(&client, "ann@example.com").await, expected);
    }
    let token = client.mailed_token("ann@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    responses.push(client.post("/auth/signup", sign_up_body("Ann@Example.com")).await);
    assert_eq!(subjects(&client, "Ann@Example.com").await, ["You already have an account"]);
    for response in responses {
        assert_eq!((response.status, &*response.text), (200, "{}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_sign_up_is_refused_and_sends_no_mail() {
    let client = Client::start().await;
    for body in [
        json!({}),
        json!({ "email": "ann@example.com" }),
        json!({ "email": "ann@example.com", "accepted_tos": false }),
        json!({ "email": "ann@example.com", "accepted_tos": "yes" }),
        json!({ "email": "nobody", "accepted_tos": true }),
        json!({ "email": "ann@example.com", "accepted_tos": true, "name": "x".repeat(256) }),
    ] {
        let response = client.post("/auth/signup", body.clone()).await;
        assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()), "{body}");
    }
    client.idle().await;
    assert_eq!(client.get("/_local/mailbox").await.ok()["result"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn verifying_a_sign_up_returns_a_key_and_mails_a_password_link() {
    let client = Client::start().await;
    client.post("/auth/signup", sign_up_body("ann@example.com")).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    let verified = client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    assert_eq!(verified["customer"]["status"], "active");
    let key = client.with_token(verified["accesskey"]["token"].as_str().unwrap());
    assert_eq!(key.get("/v1.0/customer").await.ok(), verified["customer"]);

    let mut mails = subjects(&client, "ann@example.com").await;
    mails.sort();
    assert_eq!(mails, ["An access key was created", "Confirm your e-mail address", "Set your password"]);
    let token = client.mailed_token("ann@example.com").await;
    client.post("/auth/password-reset", json!({ "token": token, "password": PASSWORD })).await.ok();
    let ann = client.login("ann@example.com", PASSWORD).await;
    // A password that was set by a link to the account's own address confirms an immediate deletion at once.
    let body = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    assert_eq!(ann.post("/auth/unregister", body).await.ok()["status"], "deleted");
    assert_eq!(key.get("/v1.0/customer").await.refusal(), (401, "INVALID_CREDENTIALS".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_username_is_replaced_and_the_mail_names_the_new_one() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let body = json!({ "username": "ann@example.com", "password": PASSWORD, "email": "other@example.com" });
    platform_admin.post("/v1.0/customers", body).await.ok();
    client.post("/auth/signup", sign_up_body("ann@example.com")).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    let mails = client.get("/_local/mailbox").await.ok();
    let text = mails["result"][0]["text"].as_str().unwrap();
    assert!(text.contains("administrator is admin-"), "{text}");
    let verified = client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    assert_eq!(verified["customer"]["email"], "ann@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_verified_within_an_hour_is_free_again() {
    let client = Client::start().await;
    client.post("/auth/signup", sign_up_body("ann@example.com")).await.ok();
    let old = client.mailed_token("ann@example.com").await;
    // A second sign-up half an hour later mails a new link but does not extend the hour.
    client.advance(1800).await;
    client.post("/auth/signup", sign_up_body("ann@example.com")).await.ok();
    let new = client.mailed_token("ann@example.com").await;
    assert_ne!(old, new);
    let replaced = client.post("/auth/email-verify", json!({ "token": old })).await;
    assert_eq!(replaced.refusal(), (400, "INVALID_TOKEN".into()), "only the newest link works");
    client.advance(1802).await;
    let late = client.post("/auth/email-verify", json!({ "token": new })).await;
    assert_eq!(late.refusal(), (409, "VERIFICATION_WINDOW_ENDED".into()));
    client.post("/auth/signup", sign_up_body("ann@example.com")).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
}
