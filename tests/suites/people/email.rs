//! An e-mail address changes when the new one is confirmed.

use custodian_tests::{Answer, Client, PASSWORD};
use serde_json::json;

use crate::signup::subjects;

#[tokio::test(flavor = "multi_thread")]
async fn the_old_address_stands_until_the_new_one_confirms() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let taken = ann.put("/v1.0/customer", json!({ "email": "BOB@example.com" })).await;
    assert_eq!(taken.refusal(), (409, "EMAIL_ALREADY_EXISTS".into()));
    let asked = ann.put("/v1.0/customer", json!({ "email": "new@example.com", "name": "Ann" })).await.ok();
    assert_eq!((&asked["email"], &asked["name"]), (&json!("ann@example.com"), &json!("Ann")));
    assert_eq!(subjects(&client, "ann@example.com").await[0], "Your e-mail address is about to change");
    let reserved = bob.put("/v1.0/customer", json!({ "email": "new@example.com" })).await;
    assert_eq!(reserved.refusal(), (409, "EMAIL_ALREADY_EXISTS".into()));
    ann.put("/v1.0/customer", json!({ "detail": "something else" })).await.ok();

    let token = client.mailed_token("new@example.com").await;
    let verified = client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    assert_eq!(verified["customer"]["email"], "new@example.com");
    assert_eq!(ann.get("/v1.0/customer").await.ok()["email"], "new@example.com");
    assert_eq!(client.post("/auth/email-verify", json!({ "token": token })).await.reason(), "INVALID_TOKEN");
    // The old address is free again.
    bob.put("/v1.0/customer", json!({ "email": "ann@example.com" })).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_confirmed_within_a_day_is_free_for_others() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    client.tenant("bob").await;
    ann.put("/v1.0/customer", json!({ "email": "carol@example.com" })).await.ok();
    let late = client.mailed_token("carol@example.com").await;
    client.advance(86_390).await;
    let bob = client.login("bob", PASSWORD).await;
    let wanted = json!({ "email": "carol@example.com" });
    let reserved = bob.put("/v1.0/customer", wanted.clone()).await;
    assert_eq!(reserved.refusal(), (409, "EMAIL_ALREADY_EXISTS".into()));
    client.advance(20).await;
    assert_eq!(client.post("/auth/email-verify", json!({ "token": late })).await.reason(), "INVALID_TOKEN");
    bob.put("/v1.0/customer", wanted.clone()).await.ok();
    let token = client.mailed_token("carol@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    assert_eq!(bob.get("/v1.0/customer").await.ok()["email"], "carol@example.com");

    // Who had waited in vain has lost nothing else, and may ask for another one, or open an account with the same name.
    let ann = client.login("ann", PASSWORD).await;
    assert_eq!(ann.put("/v1.0/customer", wanted).await.reason(), "EMAIL_ALREADY_EXISTS");
    ann.put("/v1.0/customer", json!({ "email": "dora@example.com" })).await.ok();
    client.advance(86_410).await;
    let operator = client.operator().await;
    let body = json!({ "username": "dora", "password": PASSWORD, "email": "dora@example.com" });
    operator.post("/v1.0/customers", body).await.ok();
    let verify = client.mailed_token("dora@example.com").await;
    client.post("/auth/email-verify", json!({ "token": verify })).await.ok();
    let ann = client.login("ann", PASSWORD).await.get("/v1.0/customer").await.ok();
    assert_eq!(ann["email"], "ann@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_waits_is_given_up_with_the_account_that_leaves() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    ann.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
    let link = client.mailed_token("new@example.com").await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    client.login("ann", PASSWORD).await.delete("/auth/unregister").await.ok();
    dead(&client.post("/auth/email-verify", json!({ "token": link })).await);
    let ann = client.login("ann", PASSWORD).await.get("/v1.0/customer").await.ok();
    assert_eq!((&ann["email"], &ann["status"]), (&json!("ann@example.com"), &json!("active")));
    bob.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_proves_the_address_that_it_was_mailed_to() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    let old = client.mailed_token("ann@example.com").await;
    let service = client.service().clone();
    let still = service.hold_still().await;
    let operator = client.operator().await;
    operator.put(&format!("/v1.0/customers/{id}"), json!({ "email": "typo-mended@example.com" })).await.ok();
    assert_eq!(client.post("/auth/email-verify", json!({ "token": old })).await.reason(), "INVALID_TOKEN");
    drop(still);
    let new = client.mailed_token("typo-mended@example.com").await;
    client.post("/auth/email-verify", json!({ "token": new })).await.ok();
}

/// Confirms by the newest link that was mailed to an address.
async fn confirm(client: &Client, mailbox: &str) -> Answer {
    let token = client.mailed_token(mailbox).await;
    client.post("/auth/email-verify", json!({ "token": token })).await
}

fn dead(answer: &Answer) {
    assert_eq!(answer.refusal(), (400, "INVALID_TOKEN".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_takes_the_place_of_the_one_that_waits_and_the_present_one_asks_for_nothing() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    ann.put("/v1.0/customer", json!({ "email": "one@example.com" })).await.ok();
    let one = client.mailed_token("one@example.com").await;
    ann.put("/v1.0/customer", json!({ "email": "two@example.com" })).await.ok();
    let two = client.mailed_token("two@example.com").await;
    dead(&client.post("/auth/email-verify", json!({ "token": one })).await);
    bob.put("/v1.0/customer", json!({ "email": "one@example.com" })).await.ok();
    // Clients send back what they have read, in their own spelling or in that of the account.
    let mut read = ann.get("/v1.0/customer").await.ok();
    assert_eq!(ann.put("/v1.0/customer", read.clone()).await.ok(), read);
    read["email"] = json!("Ann@example.com");
    assert_eq!(ann.put("/v1.0/customer", read).await.ok()["email"], "Ann@example.com");
    let confirmed = client.post("/auth/email-verify", json!({ "token": two })).await.ok();
    assert_eq!(confirmed["customer"]["email"], "two@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_the_same_address_again_mails_a_fresh_link_and_gives_it_another_day() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let wanted = json!({ "email": "new@example.com" });
    ann.put("/v1.0/customer", wanted.clone()).await.ok();
    let first = client.mailed_token("new@example.com").await;
    client.advance(20 * 3600).await;
    ann.put("/v1.0/customer", wanted).await.ok();
    let mails = subjects(&client, "new@example.com").await;
    assert_eq!(mails, ["Confirm your new e-mail address"; 2]);
    dead(&client.post("/auth/email-verify", json!({ "token": first })).await);
    client.advance(20 * 3600).await;
    assert_eq!(confirm(&client, "new@example.com").await.ok()["customer"]["email"], "new@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_asked_for_ends_with_its_session() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let wanted = json!({ "email": "evil@evil.example" });
    ann.put("/v1.0/customer", wanted.clone()).await.ok();
    client.idle().await;
    let note = client.get("/_local/mailbox").await.ok()["result"].to_string();
    assert!(
        note.contains("an administrator asked to replace") && note.contains("change the password or log out")
    );
    let me = ann.get("/v1.0/me").await.ok();
    let path = format!("/v1.0/agents/{}/password", me["id"].as_str().unwrap());
    let body = json!({ "password": "a new password", "current_password": PASSWORD });
    ann.put(&path, body).await.ok();
    dead(&confirm(&client, "evil@evil.example").await);

    let ann = client.login("ann", "a new password").await;
    ann.put("/v1.0/customer", wanted.clone()).await.ok();
    client.idle().await;
    ann.post("/auth/logout", json!({})).await.ok();
    dead(&confirm(&client, "evil@evil.example").await);

    // Who asks again, asks for itself.
    let ann = client.login("ann", "a new password").await;
    ann.put("/v1.0/customer", wanted).await.ok();
    confirm(&client, "evil@evil.example").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_asked_for_ends_with_the_agent() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let body = json!({ "username": "bob", "password": PASSWORD, "permission": 32 });
    let made = ann.post("/v1.0/agents", body).await.ok();
    let bob = client.login("bob", PASSWORD).await;
    bob.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
    client.idle().await;
    ann.delete(&format!("/v1.0/agents/{}", made["id"].as_str().unwrap())).await.ok();
    dead(&confirm(&client, "new@example.com").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_key_asked_for_ends_with_the_key() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let made = ann.post("/v1.0/accesskeys", json!({})).await.ok();
    let key = client.with_token(made["token"].as_str().unwrap());
    key.put("/v1.0/customer", json!({ "email": "evil@evil.example" })).await.ok();
    client.idle().await;
    let note = client.get("/_local/mailbox").await.ok()["result"].to_string();
    assert!(note.contains("a program with an access key") && note.contains("delete the keys"), "{note}");
    ann.delete(&format!("/v1.0/accesskeys/{}", made["id"].as_str().unwrap())).await.ok();
    dead(&confirm(&client, "evil@evil.example").await);
    assert_eq!(ann.get("/v1.0/customer").await.ok()["email"], "ann@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_changes_the_address_of_an_active_account_by_the_same_way() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let operator = client.operator().await;
    let account = format!("/v1.0/customers/{id}");
    let put = operator.put(&account, json!({ "email": "typo@example.com", "name": "Ann" })).await.ok();
    assert_eq!((&put["email"], &put["name"]), (&json!("ann@example.com"), &json!("Ann")));
    assert_eq!(subjects(&client, "ann@example.com").await[0], "Your e-mail address is about to change");
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    assert_eq!(subjects(&client, "typo@example.com").await, ["Confirm your new e-mail address"]);
    operator.put(&account, json!({ "email": "right@example.com" })).await.ok();
    operator.post("/auth/logout", json!({})).await.ok();
    let confirmed = confirm(&client, "right@example.com").await.ok();
    assert_eq!(confirmed["customer"]["email_verified"], true);
    assert_eq!(ann.get("/v1.0/customer").await.ok()["email"], "right@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_no_mail_service_takes_is_refused_and_its_punycode_is_taken() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    for email in ["\u{fc}@example.com", "a@b\u{fc}cher.example"] {
        let answer = ann.put("/v1.0/customer", json!({ "email": email })).await;
        assert_eq!(answer.refusal(), (400, "INVALID_ARGUMENT".into()), "{email}");
        let answer = client.post("/auth/signup", json!({ "email": email, "accepted_tos": true })).await;
        assert_eq!(answer.refusal(), (400, "INVALID_ARGUMENT".into()), "{email}");
    }
    ann.put("/v1.0/customer", json!({ "email": "a@xn--bcher-kva.example" })).await.ok();
    confirm(&client, "a@xn--bcher-kva.example").await.ok();
}
