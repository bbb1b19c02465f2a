//! An e-mail address changes when the new one is confirmed.

use custodian_tests::{Client, PASSWORD};
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

#[tokio::test(flavor = "multi_thread")]
async fn asking_again_replaces_and_naming_the_present_address_drops_what_was_asked() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    ann.put("/v1.0/customer", json!({ "email": "one@example.com" })).await.ok();
    let one = client.mailed_token("one@example.com").await;
    ann.put("/v1.0/customer", json!({ "email": "two@example.com" })).await.ok();
    let two = client.mailed_token("two@example.com").await;
    assert_eq!(client.post("/auth/email-verify", json!({ "token": one })).await.reason(), "INVALID_TOKEN");
    bob.put("/v1.0/customer", json!({ "email": "one@example.com" })).await.ok();
    ann.put("/v1.0/customer", json!({ "email": "Ann@example.com" })).await.ok();
    assert_eq!(client.post("/auth/email-verify", json!({ "token": two })).await.reason(), "INVALID_TOKEN");
    assert_eq!(ann.get("/v1.0/customer").await.ok()["email"], "Ann@example.com");
}
