//! Tenant isolation: only platform admins read or change another account's rows, and no request of others chooses its own tenant.

use custodian_tests::{Client, PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};

/// The path of a row.
fn path(kind: &str, row: &Value) -> String {
    format!("/v1.0/{kind}/{}", row["id"].as_str().unwrap())
}

/// Invariant I9: the tenant comes from the caller.
#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_comes_from_the_credential_and_not_from_the_request() {
    let client = Client::start().await;
    let (ann_id, ann) = client.tenant("ann").await;
    let (bob_id, bob) = client.tenant("bob").await;
    let body = json!({ "name": "mine", "customer_id": bob_id, "id": bob_id });
    let tag = ann.post(&format!("/v1.0/tags?customer_id={bob_id}"), body).await.ok();
    assert_eq!(tag["customer_id"], ann_id);
    assert_eq!(bob.get("/v1.0/tags").await.ok()["result"], json!([]));
    let path = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());
    let not_found = (404, "TAG_NOT_FOUND".to_owned());
    assert_eq!(bob.get(&format!("{path}?customer_id={ann_id}")).await.refusal(), not_found);
    assert_eq!(bob.put(&path, json!({ "name": "stolen", "customer_id": ann_id })).await.refusal(), not_found);
    assert_eq!(bob.delete(&path).await.refusal(), not_found);
    assert_eq!(ann.get(&path).await.ok(), tag);
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_and_keys_of_another_account_are_not_found() {
    let client = Client::start().await;
    let (ann_id, ann) = client.tenant("ann").await;
    let (bob_id, bob) = client.tenant("bob").await;
    let body = json!({ "username": "amy", "password": PASSWORD, "customer_id": bob_id });
    let amy = ann.post("/v1.0/agents", body).await.ok();
    let key = ann.post("/v1.0/accesskeys", json!({ "name": "ci", "customer_id": bob_id })).await.ok();
    assert_eq!((&amy["customer_id"], &key["customer_id"]), (&json!(ann_id), &json!(ann_id)));
    let (amy_path, key_path) = (path("agents", &amy), path("accesskeys", &key));
    let moved = json!({ "name": "stolen", "customer_id": bob_id, "id": bob_id });
    for (path, reason) in [(&amy_path, "AGENT_NOT_FOUND"), (&key_path, "ACCESSKEY_NOT_FOUND")] {
        let not_found = (404, reason.to_owned());
        for response in [bob.get(path).await, bob.put(path, moved.clone()).await, bob.delete(path).await] {
            assert_eq!(response.refusal(), not_found, "{path}");
        }
        let own = ann.put(path, json!({ "name": "mine", "customer_id": bob_id, "id": bob_id })).await.ok();
        assert_eq!(own["customer_id"], ann_id, "{path}");
    }
    let sub = [
        ("permission", json!({ "permission": 0x40 })),
        ("password", json!({ "password": "a stolen password" })),
        ("status", json!({ "status": "busy" })),
        ("addresses", json!({ "addresses": [] })),
        ("tag_ids", json!({ "tag_ids": [] })),
    ];
    for (verb, body) in sub {
        let response = bob.put(&format!("{amy_path}/{verb}"), body).await;
        assert_eq!(response.refusal(), (404, "AGENT_NOT_FOUND".into()), "{verb}");
    }
    client.login("amy", PASSWORD).await.get("/v1.0/me").await.ok();
    for list in ["agents", "accesskeys"] {
        let text = bob.get(&format!("/v1.0/{list}?customer_id={ann_id}")).await.ok().to_string();
        assert!(!text.contains(&ann_id) && text.contains(&bob_id), "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn page_tokens_and_idempotency_keys_of_another_account_reveal_nothing() {
    let client = Client::start().await;
    let (ann_id, ann) = client.tenant("ann").await;
    let (bob_id, bob) = client.tenant("bob").await;
    for name in ["a", "b", "c"] {
        ann.post("/v1.0/tags", json!({ "name": name })).await.ok();
        bob.post("/v1.0/tags", json!({ "name": name })).await.ok();
    }
    for list in ["tags", "agents"] {
        let first = ann.get(&format!("/v1.0/{list}?page_size=1")).await.ok();
        let token = first["next_page_token"].as_str().unwrap();
        let page = bob.get(&format!("/v1.0/{list}?page_token={token}")).await.ok();
        let rows = page["result"].as_array().unwrap();
        assert!(rows.iter().all(|row| row["customer_id"] == bob_id), "{list}: {page}");
    }
    let post = async |client: &Client| {
        let request = client.request(Method::POST, "/v1.0/tags").header("idempotency-key", "the-same");
        client.send(request.json(&json!({ "name": "d" }))).await.ok()
    };
    let (of_ann, of_bob) = (post(&ann).await, post(&bob).await);
    assert_eq!((&of_ann["customer_id"], &of_bob["customer_id"]), (&json!(ann_id), &json!(bob_id)));
    assert_ne!(of_ann["id"], of_bob["id"]);
    let request = ann.request(Method::PUT, &path("tags", &of_bob)).header("if-match", "*");
    let response = client.send(request.json(&json!({ "name": "x" }))).await;
    assert_eq!(
        response.refusal(),
        (404, "TAG_NOT_FOUND".into()),
        "the response does not depend on the version"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn platform_admins_change_the_account_in_the_path_and_owners_change_their_own() {
    let client = Client::start().await;
    let (ann_id, ann) = client.tenant("ann").await;
    let (bob_id, bob) = client.tenant("bob").await;
    let platform_admin = client.platform_admin().await;
    let before = bob.get("/v1.0/customer").await.ok();
    let body = json!({ "name": "Ann & Co", "id": bob_id, "customer_id": bob_id });
    let by_owner = ann.put(&format!("/v1.0/customer?id={bob_id}&customer_id={bob_id}"), body.clone()).await;
    assert_eq!(by_owner.ok()["id"], ann_id);
    let account = format!("/v1.0/customers/{ann_id}?id={bob_id}&customer_id={bob_id}");
    assert_eq!(platform_admin.put(&account, body).await.ok()["id"], ann_id);
    let leaving = json!({ "password": PASSWORD, "customer_id": bob_id, "id": bob_id });
    assert_eq!(ann.post("/auth/unregister", leaving).await.ok()["id"], ann_id);
    assert_eq!(bob.get("/v1.0/customer").await.ok(), before);
}
