//! Leaving and coming back, in every state in which an account can be found.

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

use crate::world;

const WEEK: u64 = 7 * 86_400;

fn at_once() -> Value {
    json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_not_verified_cannot_be_frozen_but_can_be_deleted_at_once() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    let ann = client.login("ann", PASSWORD).await;
    client.idle().await;
    let before = world(&client).await;
    let freeze = ann.post("/auth/unregister", json!({ "password": PASSWORD })).await;
    assert_eq!(freeze.refusal(), (409, "STATE_INVALID".into()));
    assert_eq!(ann.delete("/auth/unregister").await.refusal(), (409, "STATE_INVALID".into()));
    client.idle().await;
    assert_eq!(world(&client).await, before);
    let gone = ann.post("/auth/unregister", at_once()).await.ok();
    assert_eq!((&gone["id"], &gone["status"], &gone["email"]), (&json!(id), &json!("deleted"), &json!("")));
    assert_eq!(client.get("/_local/schedules").await.ok()["result"], json!([]), "its expiry is called off");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_account_can_be_deleted_at_once_by_the_same_confirmation() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let ann = client.login("ann", PASSWORD).await;
    client.idle().await;
    let before = world(&client).await;
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
        let answer = ann.post("/auth/unregister", body.clone()).await;
        assert_eq!(answer.refusal(), (status, reason.to_owned()), "{body}");
    }
    client.idle().await;
    assert_eq!(world(&client).await, before);
    assert_eq!(ann.post("/auth/unregister", at_once()).await.ok()["status"], "deleted");
    assert_eq!(ann.delete("/auth/unregister").await.refusal(), (401, "INVALID_CREDENTIALS".into()));
    assert_eq!(client.get("/_local/schedules").await.ok()["result"], json!([]), "its purge is called off");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phrase_is_compared_to_the_letter() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    client.idle().await;
    let before = world(&client).await;
    for phrase in
        ["delete", "Delete", " DELETE", "DELETE ", "DELETE!", "DELETED", "ＤＥＬＥＴＥ", "D\u{200b}ELETE"]
    {
        for immediate in [true, false] {
            let body = json!({ "password": PASSWORD, "confirmation_phrase": phrase, "immediate": immediate });
            let answer = ann.post("/auth/unregister", body).await;
            assert_eq!(answer.refusal(), (400, "INVALID_CONFIRMATION_PHRASE".into()), "{phrase}");
        }
    }
    for body in [
        json!({ "password": PASSWORD, "confirmation_phrase": null }),
        json!({ "password": PASSWORD, "confirmation_phrase": true }),
        json!({ "password": null, "confirmation_phrase": "DELETE" }),
        json!({ "password": PASSWORD, "immediate": null }),
        json!({ "password": PASSWORD, "immediate": 1 }),
        json!({ "password": PASSWORD, "immediate": "true" }),
    ] {
        let answer = ann.post("/auth/unregister", body.clone()).await;
        assert_eq!(answer.refusal(), (400, "INVALID_ARGUMENT".into()), "{body}");
    }
    client.idle().await;
    assert_eq!(world(&client).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_can_be_done_to_an_account_that_has_expired() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    client.advance(WEEK + 2).await;
    let operator = client.operator().await;
    let account = format!("/v1.0/customers/{id}");
    let before = world(&client).await;
    for answer in [
        operator.post(&format!("{account}/freeze"), json!({})).await,
        operator.post(&format!("{account}/recover"), json!({})).await,
        operator.put(&account, json!({ "name": "x", "email": "back@example.com" })).await,
        operator.delete(&account).await,
    ] {
        assert_eq!(answer.refusal(), (409, "STATE_INVALID".into()));
    }
    client.idle().await;
    assert_eq!(world(&client).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_repeat_themselves_without_effect() {
    let client = Client::start().await;
    let (id, _) = client.tenant("ann").await;
    let operator = client.operator().await;
    let account = format!("/v1.0/customers/{id}");
    for verb in ["freeze", "recover"] {
        let path = format!("{account}/{verb}");
        let first = operator.post(&path, json!({})).await.ok();
        client.idle().await;
        let before = world(&client).await;
        assert_eq!(operator.post(&path, json!({})).await.ok(), first, "{verb} again");
        client.idle().await;
        assert_eq!(world(&client).await, before, "{verb} again");
    }
    operator.delete(&account).await.ok();
    client.idle().await;
    let before = world(&client).await;
    let gone = operator.get(&account).await.ok();
    assert_eq!(operator.delete(&account).await.ok(), gone);
    for answer in [
        operator.post(&format!("{account}/freeze"), json!({})).await,
        operator.post(&format!("{account}/recover"), json!({})).await,
        operator.put(&account, json!({ "name": "back again" })).await,
    ] {
        assert_eq!(answer.refusal(), (409, "STATE_INVALID".into()));
    }
    client.idle().await;
    assert_eq!(world(&client).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platforms_own_account_stays() {
    let client = Client::start().await;
    let operator = client.operator().await;
    client.idle().await;
    let id = operator.get("/v1.0/customer").await.ok()["id"].as_str().unwrap().to_owned();
    let before = world(&client).await;
    let account = format!("/v1.0/customers/{id}");
    for answer in [
        operator.post(&format!("{account}/freeze"), json!({})).await,
        operator.delete(&account).await,
        operator.post("/auth/unregister", json!({ "password": PASSWORD })).await,
        operator.post("/auth/unregister", at_once()).await,
    ] {
        assert_eq!(answer.refusal(), (409, "STATE_INVALID".into()));
    }
    client.idle().await;
    assert_eq!(world(&client).await, before);
    operator.get("/v1.0/me").await.ok();
}
