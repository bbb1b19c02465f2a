//! The claim `agent` of a login token: clients of VoIPBIN's API read it, and nothing here does.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};
use uuid::Uuid;

/// The payload of a token, read as a client without the key reads it.
fn payload(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

async fn login_token(client: &Client, username: &str) -> String {
    client.login(username, PASSWORD).await.token().to_owned()
}

/// An agent as it sees itself, without the two fields that VoIPBIN's API does not have in its token.
async fn own_row(agent: &Client) -> Value {
    let mut row = agent.get("/v1.0/me").await.ok();
    row.as_object_mut().unwrap().retain(|name, _| !["created_by", "direct_hash"].contains(&&**name));
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_token_names_the_agent_as_the_agent_sees_itself() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();
    let bob = json!({
        "username": "Bob", "password": PASSWORD, "name": "Bob Ünlü", "detail": "sales", "permission": 0x50,
        "tag_ids": [tag["id"]], "addresses": [{ "type": "tel", "target": "+15551234567", "name": "desk" }],
    });
    ann.post("/v1.0/agents", bob).await.ok();
    for username in ["ann", "bob"] {
        let agent = client.login(username, PASSWORD).await;
        assert_eq!(payload(agent.token())["agent"], own_row(&agent).await, "{username}");
    }
}

/// Authorisation reads the stored row, so a claim that is out of date grants and refuses nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_claim_is_that_of_the_sign_in_and_decides_nothing() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let me = ann.get("/v1.0/me").await.ok();
    let path = format!("/v1.0/agents/{}", me["id"].as_str().unwrap());
    ann.put(&path, json!({ "name": "Ann Smith" })).await.ok();
    assert_eq!(payload(ann.token())["agent"]["name"], "ann");
    assert_eq!(ann.get("/v1.0/me").await.ok()["name"], "Ann Smith");

    // A token whose claim says something else has no valid signature.
    let parts: Vec<_> = ann.token().split('.').collect();
    let mut forged = payload(ann.token());
    forged["agent"]["permission"] = json!(1);
    let forged = URL_SAFE_NO_PAD.encode(forged.to_string());
    let forged = client.with_token(&[parts[0], &forged, parts[2]].join("."));
    assert_eq!(forged.get("/v1.0/me").await.refusal(), (401, "INVALID_CREDENTIALS".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_names_still_fit_into_a_cookie() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let addresses: Vec<_> = (0..50)
        .map(|n| json!({ "type": "tel", "target": format!("+1{n}"), "name": "x".repeat(255), "detail": "x".repeat(255) }))
        .collect();
    let username = "\"".repeat(255);
    let bob = json!({ "username": username, "password": PASSWORD, "name": "\\".repeat(255), "detail": "\n".repeat(4096), "addresses": addresses });
    ann.post("/v1.0/agents", bob).await.ok();
    let token = login_token(&client, &username).await;
    assert!(format!("__Host-token={token}").len() <= 4096, "{}", token.len());
    let claim = &payload(&token)["agent"];
    assert_eq!((&claim["username"], &claim["addresses"]), (&json!(username), &json!([])));
    client.with_token(&token).get("/v1.0/me").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_token_has_this_claim() {
    let client = Client::start().await;
    let (customer, _) = client.tenant("ann").await;
    let request = json!({ "customer_id": customer, "reason": "ticket 4711: no calls" });
    let delegated = client.platform_admin().await.post("/auth/delegate", request).await.ok();
    let claims = payload(delegated["token"].as_str().unwrap());
    assert_eq!(claims["agent"], Value::Null);
    let ids = claims["operator"].as_object().unwrap().values().filter_map(Value::as_str);
    assert!(ids.clone().count() == 2 && ids.into_iter().all(|id| Uuid::try_parse(id).is_ok()), "{claims}");
}
