//! Access keys with scopes, and what a key may make.

use custodian_tests::{Client, PASSWORD};
use serde_json::json;

use crate::key_makers::{agent, key};

const ADMIN: u32 = 0x20;
const AGENT: u32 = 0x10;

fn denied() -> (u16, String) {
    (403, "PERMISSION_DENIED".into())
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_are_set_at_creation_and_shown() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    for scopes in [json!("read"), json!([1]), json!(["write"]), json!(["me"]), json!(["read", "write"])] {
        let refused = ann.post("/v1.0/accesskeys", json!({ "scopes": scopes })).await;
        assert_eq!(refused.refusal(), (400, "INVALID_ARGUMENT".into()), "{scopes}");
        assert_eq!(refused.json()["error"]["details"][0]["field"], "scopes");
    }
    let scopes = json!(["numbers", "flows:read", "numbers"]);
    let (path, _) = key(&ann, json!({ "scopes": scopes })).await;
    let shown = ann.get(&path).await.ok();
    assert_eq!(shown["scopes"], json!(["numbers", "flows:read"]));
    assert_eq!(ann.get("/v1.0/accesskeys").await.rows()[0]["scopes"], shown["scopes"]);
    assert_eq!(ann.put(&path, shown.clone()).await.ok()["scopes"], shown["scopes"], "sent back as read");
    let widened = ann.put(&path, json!({ "scopes": [] })).await;
    assert_eq!(widened.refusal(), (400, "INVALID_ARGUMENT".into()));
    let (path, _) = key(&ann, json!({})).await;
    assert_eq!(ann.get(&path).await.ok()["scopes"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_key_reaches_only_the_routes_of_its_scopes() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, tags) = key(&ann, json!({ "scopes": ["tags", "flows:read"] })).await;
    let tag = tags.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
    let path = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());
    tags.put(&path, json!({ "name": "b" })).await.ok();
    tags.get("/v1.0/flows").await.ok();
    for refused in [
        tags.post("/v1.0/flows", json!({})).await,
        tags.get("/v1.0/me").await,
        tags.get("/v1.0/customer").await,
        tags.get("/v1.0/accesskeys").await,
        tags.delete("/v1.0/flows/not-an-id").await,
        tags.delete("/auth/unregister").await,
        tags.post("/auth/unregister", json!({ "confirmation_phrase": "DELETE" })).await,
    ] {
        assert_eq!(refused.refusal(), denied(), "{}", refused.text);
    }
    // A stale precondition tells nothing to a key that may not write.
    let (_, read) = key(&ann, json!({ "scopes": ["read"] })).await;
    let stale = read.request(reqwest::Method::PUT, &path).header("If-Match", "\"9\"").json(&json!({}));
    assert_eq!(read.send(stale).await.refusal(), denied());
    read.get("/v1.0/me").await.ok();
    read.get(&path).await.ok();
    assert_eq!(read.send(read.request(reqwest::Method::HEAD, &path)).await.status, 200);
    assert_eq!(read.delete(&path).await.refusal(), denied());
}

/// An export has the rows of every kind, so the scope of one path segment does not cover it.
#[tokio::test(flavor = "multi_thread")]
async fn a_limited_key_reads_nothing_through_an_export() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let started = ann.post("/v1.0/customer/export", json!({})).await.json();
    let path = format!("/v1.0/customer/export/{}", started["id"].as_str().unwrap());
    client.idle().await;
    for scopes in [json!(["customer"]), json!(["customer:read"]), json!(["read"])] {
        let (_, limited) = key(&ann, json!({ "scopes": scopes })).await;
        for refused in [
            limited.post("/v1.0/customer/export", json!({})).await,
            limited.get(&path).await,
            limited.get(&format!("{path}/file")).await,
        ] {
            assert_eq!(refused.refusal(), denied(), "{scopes}: {}", refused.text);
        }
    }
    let (_, unlimited) = key(&ann, json!({})).await;
    unlimited.get(&path).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_key_makes_nothing_that_may_do_more() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (bob_path, _) = agent(&ann, "bob", AGENT).await;
    let scopes = json!(["accesskeys", "agents", "customer", "numbers:read"]);
    let (_, limited) = key(&ann, json!({ "scopes": scopes })).await;
    for wider in [json!([]), json!(["read"]), json!(["numbers"]), json!(["agents", "flows:read"])] {
        let refused = limited.post("/v1.0/accesskeys", json!({ "scopes": wider })).await;
        assert_eq!(refused.refusal(), denied(), "{wider}");
    }
    assert_eq!(limited.post("/v1.0/accesskeys", json!({})).await.refusal(), denied());
    let (_, narrower) = key(&limited, json!({ "scopes": ["agents:read", "numbers:read"] })).await;
    narrower.get("/v1.0/agents").await.ok();

    let new = json!({ "username": "eve", "password": PASSWORD });
    for refused in [
        limited.post("/v1.0/agents", new).await,
        limited.put(&format!("{bob_path}/password"), json!({ "password": "another one" })).await,
        limited.put(&format!("{bob_path}/permission"), json!({ "permission": ADMIN })).await,
        // A person who reads the account's mailbox can become its owner, so a limited key neither requests nor cancels a change of
        // the address.
        limited.put("/v1.0/customer", json!({ "email": "evil@evil.example" })).await,
        limited.delete("/v1.0/customer/email_change").await,
    ] {
        assert_eq!(refused.refusal(), denied(), "{}", refused.text);
    }
    limited.put("/v1.0/customer", json!({ "email": "ANN@example.com", "name": "Ann" })).await.ok();
    limited.put(&bob_path, json!({ "name": "Bob" })).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_makes_no_key_that_outlives_it() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (one_path, one) = key(&ann, json!({ "expire": 10 * 86_400 })).await;
    let longer = one.post("/v1.0/accesskeys", json!({ "expire": 10 * 86_400 + 1 })).await;
    assert_eq!(longer.refusal(), (400, "INVALID_ARGUMENT".into()));
    assert_eq!(longer.json()["error"]["details"][0]["field"], "expire");
    let (shorter_path, _) = key(&one, json!({ "expire": 86_400 })).await;
    let (two_path, two) = key(&one, json!({})).await;
    let expiry = async |path: &str| ann.get(path).await.ok()["tm_expire"].clone();
    assert_eq!(expiry(&two_path).await, expiry(&one_path).await, "the default ends with the maker");
    assert_ne!(expiry(&shorter_path).await, expiry(&one_path).await);
    let (three_path, _) = key(&two, json!({})).await;
    assert_eq!(expiry(&three_path).await, expiry(&one_path).await);
}
