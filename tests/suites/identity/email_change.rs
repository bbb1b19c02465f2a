//! Changes of the account's e-mail address. After the account is verified, another address takes effect when it is confirmed.

use custodian_tests::{Client, PASSWORD, Response};
use serde_json::json;

use crate::sign_up::subjects;

#[tokio::test(flavor = "multi_thread")]
async fn the_old_address_stays_until_the_new_one_is_confirmed() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let taken = ann.put("/v1.0/customer", json!({ "email": "BOB@example.com" })).await;
    assert_eq!(taken.refusal(), (409, "EMAIL_ALREADY_EXISTS".into()));
    let shown = ann.put("/v1.0/customer", json!({ "email": "new@example.com", "name": "Ann" })).await.ok();
    assert_eq!((&shown["email"], &shown["name"]), (&json!("ann@example.com"), &json!("Ann")));
    assert_eq!(subjects(&client, "ann@example.com").await[0], "Your e-mail address is about to change");
    ann.put("/v1.0/customer", json!({ "detail": "something else" })).await.ok();

    let token = client.mailed_token("new@example.com").await;
    let verified = client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    assert_eq!(verified["customer"]["email"], "new@example.com");
    assert_eq!(ann.get("/v1.0/customer").await.ok()["email"], "new@example.com");
    assert_eq!(client.post("/auth/email-verify", json!({ "token": token })).await.reason(), "INVALID_TOKEN");
    // The old address is free for other accounts.
    bob.put("/v1.0/customer", json!({ "email": "ann@example.com" })).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requested_address_is_not_reserved() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let request = json!({ "email": "carol@example.com" });
    ann.put("/v1.0/customer", request.clone()).await.ok();
    let anns_link = client.mailed_token("carol@example.com").await;
    bob.put("/v1.0/customer", request.clone()).await.ok();
    confirm(&client, "carol@example.com").await.ok();
    assert_eq!(bob.get("/v1.0/customer").await.ok()["email"], "carol@example.com");
    let late = client.post("/auth/email-verify", json!({ "token": anns_link })).await;
    assert_eq!(
        late.refusal(),
        (409, "EMAIL_ALREADY_EXISTS".into()),
        "the link says that another confirmed first"
    );
    assert_eq!(ann.put("/v1.0/customer", request).await.reason(), "EMAIL_ALREADY_EXISTS");

    // A new account may also take an address that is only requested.
    ann.put("/v1.0/customer", json!({ "email": "dora@example.com" })).await.ok();
    let platform_admin = client.platform_admin().await;
    let body = json!({ "username": "dora", "password": PASSWORD, "email": "dora@example.com" });
    platform_admin.post("/v1.0/customers", body).await.ok();
    let verify = client.mailed_token("dora@example.com").await;
    client.post("/auth/email-verify", json!({ "token": verify })).await.ok();
    assert_eq!(ann.get("/v1.0/customer").await.ok()["email"], "ann@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_confirms_an_address_for_a_day() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    ann.put("/v1.0/customer", json!({ "email": "carol@example.com" })).await.ok();
    let link = client.mailed_token("carol@example.com").await;
    client.advance(86_410).await;
    assert_invalid(&client.post("/auth/email-verify", json!({ "token": link })).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_link_confirms_only_the_address_it_was_mailed_to() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    let old = client.mailed_token("ann@example.com").await;
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    let platform_admin = client.platform_admin().await;
    platform_admin
        .put(&format!("/v1.0/customers/{id}"), json!({ "email": "typo-mended@example.com" }))
        .await
        .ok();
    assert_eq!(client.post("/auth/email-verify", json!({ "token": old })).await.reason(), "INVALID_TOKEN");
    drop(paused);
    let new = client.mailed_token("typo-mended@example.com").await;
    client.post("/auth/email-verify", json!({ "token": new })).await.ok();
}

/// Confirms with the newest link that was mailed to an address.
pub(crate) async fn confirm(client: &Client, mailbox: &str) -> Response {
    let token = client.mailed_token(mailbox).await;
    client.post("/auth/email-verify", json!({ "token": token })).await
}

pub(crate) fn assert_invalid(response: &Response) {
    assert_eq!(response.refusal(), (400, "INVALID_TOKEN".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_request_replaces_the_pending_address_and_the_current_address_cancels_it() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    ann.put("/v1.0/customer", json!({ "email": "one@example.com" })).await.ok();
    let one = client.mailed_token("one@example.com").await;
    ann.put("/v1.0/customer", json!({ "email": "two@example.com" })).await.ok();
    let two = client.mailed_token("two@example.com").await;
    assert_invalid(&client.post("/auth/email-verify", json!({ "token": one })).await);
    let confirmed = client.post("/auth/email-verify", json!({ "token": two })).await.ok();
    assert_eq!(confirmed["customer"]["email"], "two@example.com");

    ann.put("/v1.0/customer", json!({ "email": "three@example.com" })).await.ok();
    let three = client.mailed_token("three@example.com").await;
    // Clients may send back the address that they read, in another case.
    let mut read = ann.get("/v1.0/customer").await.ok();
    assert_eq!(ann.put("/v1.0/customer", read.clone()).await.ok()["email"], "two@example.com");
    assert_invalid(&client.post("/auth/email-verify", json!({ "token": three })).await);
    read["email"] = json!("Two@example.com");
    assert_eq!(ann.put("/v1.0/customer", read).await.ok()["email"], "Two@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn repeating_the_request_mails_a_new_link_and_extends_it_by_a_day() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let request = json!({ "email": "new@example.com" });
    ann.put("/v1.0/customer", request.clone()).await.ok();
    let first = client.mailed_token("new@example.com").await;
    client.advance(20 * 3600).await;
    ann.put("/v1.0/customer", request).await.ok();
    let mails = subjects(&client, "new@example.com").await;
    assert_eq!(mails, ["Confirm your new e-mail address"; 2]);
    assert_invalid(&client.post("/auth/email-verify", json!({ "token": first })).await);
    client.advance(20 * 3600).await;
    assert_eq!(confirm(&client, "new@example.com").await.ok()["customer"]["email"], "new@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_change_by_a_platform_admin_also_needs_confirmation() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let account = format!("/v1.0/customers/{id}");
    let put = platform_admin.put(&account, json!({ "email": "typo@example.com", "name": "Ann" })).await.ok();
    assert_eq!((&put["email"], &put["name"]), (&json!("ann@example.com"), &json!("Ann")));
    assert_eq!(subjects(&client, "ann@example.com").await[0], "Your e-mail address is about to change");
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    assert_eq!(subjects(&client, "typo@example.com").await, ["Confirm your new e-mail address"]);
    platform_admin.put(&account, json!({ "email": "right@example.com" })).await.ok();
    let confirmed = confirm(&client, "right@example.com").await.ok();
    assert_eq!(confirmed["customer"]["email_verified"], true);
    assert_eq!(ann.get("/v1.0/customer").await.ok()["email"], "right@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_non_ascii_address_is_refused_and_its_punycode_form_is_accepted() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    for email in ["\u{fc}@example.com", "a@b\u{fc}cher.example"] {
        let response = ann.put("/v1.0/customer", json!({ "email": email })).await;
        assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()), "{email}");
        let response = client.post("/auth/signup", json!({ "email": email, "accepted_tos": true })).await;
        assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()), "{email}");
    }
    ann.put("/v1.0/customer", json!({ "email": "a@xn--bcher-kva.example" })).await.ok();
    confirm(&client, "a@xn--bcher-kva.example").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requested_address_can_be_seen_and_cancelled() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let change = "/v1.0/customer/email_change";
    let none = (404, "EMAIL_CHANGE_NOT_FOUND".into());
    assert_eq!(ann.get(change).await.refusal(), none);
    assert_eq!(ann.delete(change).await.refusal(), none);
    ann.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
    let link = client.mailed_token("new@example.com").await;
    let shown = ann.get(change).await.ok();
    assert_eq!((&shown["email"], &shown["requested_by"]), (&json!("new@example.com"), &json!("agent")));
    assert_eq!(ann.delete(change).await.ok(), shown);
    assert_eq!(ann.get(change).await.refusal(), none);
    assert_invalid(&client.post("/auth/email-verify", json!({ "token": link })).await);

    let key = ann.with_access_key().await;
    key.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
    assert_eq!(ann.get(change).await.ok()["requested_by"], "accesskey");
    client.advance(86_410).await;
    let after_a_day = key.get(change).await;
    assert_eq!(after_a_day.refusal(), none, "the request lapses with its link");
}
