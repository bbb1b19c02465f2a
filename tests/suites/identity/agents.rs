//! Agents: permissions, the guest agent, and the last administrator.

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

const AGENT: u32 = 0x10;
const ADMIN: u32 = 0x20;
const MANAGER: u32 = 0x40;

/// Creates an agent and logs it in. Returns its path and its client.
async fn create_agent(creator: &Client, name: &str, permission: u32) -> (String, Client) {
    let body = json!({ "username": name, "password": PASSWORD, "permission": permission, "addresses": [] });
    let created = creator.post("/v1.0/agents", body).await.ok();
    (format!("/v1.0/agents/{}", created["id"].as_str().unwrap()), creator.login(name, PASSWORD).await)
}

async fn own_path(client: &Client) -> String {
    format!("/v1.0/agents/{}", client.get("/v1.0/me").await.ok()["id"].as_str().unwrap())
}

const DENIED: (u16, &str) = (403, "PERMISSION_DENIED");

#[track_caller]
fn assert_refused(response: &custodian_tests::Response, (status, reason): (u16, &str)) {
    assert_eq!(response.refusal(), (status, reason.to_owned()), "{}", response.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_keeps_every_field_it_is_given() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok()["id"].clone();
    let address =
        json!({ "type": "tel", "target": "+15551234567", "target_name": "", "name": "desk", "detail": "" });
    let body = json!({
        "username": "bob@example.com", "password": PASSWORD, "name": "Bob", "detail": "sales", "permission": MANAGER,
        "tag_ids": [tag], "addresses": [address],
    });
    let created = ann.post("/v1.0/agents", body).await.ok();
    for (field, value) in [
        ("customer_id", json!(id)),
        ("username", json!("bob@example.com")),
        ("name", json!("Bob")),
        ("ring_method", json!("ringall")),
        ("status", json!("offline")),
        ("permission", json!(MANAGER)),
        ("tag_ids", json!([tag])),
        ("addresses", json!([address])),
    ] {
        assert_eq!(created[field], value, "{field}");
    }
    let path = format!("/v1.0/agents/{}", created["id"].as_str().unwrap());
    let changed = ann.put(&path, json!({ "ring_method": "linear", "name": "" })).await.ok();
    assert_eq!(
        (&changed["ring_method"], &changed["name"], &changed["detail"]),
        (&json!("linear"), &json!(""), &json!("sales"))
    );
    ann.put(&format!("{path}/status"), json!({ "status": "busy" })).await.ok();
    ann.put(&format!("{path}/addresses"), json!({ "addresses": [] })).await.ok();
    ann.put(&format!("{path}/tag_ids"), json!({ "tag_ids": [] })).await.ok();
    let shown = ann.get(&path).await.ok();
    assert_eq!(
        (&shown["status"], &shown["addresses"], &shown["tag_ids"]),
        (&json!("busy"), &json!([]), &json!([]))
    );
    for (query, found) in
        [("status=busy", 1), ("status=away", 0), (&*format!("tag_ids={}", tag.as_str().unwrap()), 0)]
    {
        let list = ann.get(&format!("/v1.0/agents?{query}")).await.ok();
        assert_eq!(list["result"].as_array().unwrap().len(), found, "{query}");
    }
    assert_eq!(
        ann.get("/v1.0/agents").await.ok()["result"].as_array().unwrap().len(),
        3,
        "Ann, Bob and the guest"
    );
    let deleted = ann.delete(&path).await.ok();
    assert!(deleted["tm_delete"].is_string());
    assert_refused(&ann.get(&path).await, (404, "AGENT_NOT_FOUND"));
    create_agent(&ann, "bob@example.com", AGENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_agent_fields_are_refused_by_name() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let wrong: [(&str, Value); 10] = [
        ("username", json!("a b")),
        ("username", json!("guest-7")),
        ("password", json!("short")),
        ("permission", json!(2)),
        ("permission", json!(-1)),
        ("permission", json!("32")),
        ("tag_ids", json!(["x"])),
        ("tag_ids", json!("x")),
        ("addresses", json!([{ "type": "email", "target": "a@b.c" }])),
        ("addresses", json!([{ "type": "tel" }])),
    ];
    for (field, value) in wrong {
        let mut body = json!({ "username": "bob", "password": PASSWORD });
        body[field] = value.clone();
        let response = ann.post("/v1.0/agents", body).await;
        assert_refused(&response, (400, "INVALID_ARGUMENT"));
        assert_eq!(response.json()["error"]["details"][0]["field"], field, "{value}");
    }
    for method in ["linear", "zzz"] {
        let body = json!({ "username": "bob", "password": PASSWORD, "ring_method": method });
        let response = ann.post("/v1.0/agents", body).await;
        assert_refused(&response, (400, "INVALID_RING_METHOD"));
        assert_eq!(response.json()["error"]["details"][0]["field"], "ring_method", "{method}");
    }
    assert_refused(
        &ann.post("/v1.0/agents", json!({ "username": "ANN", "password": PASSWORD })).await,
        (409, "AGENT_ALREADY_EXISTS"),
    );
    assert_refused(&ann.get("/v1.0/agents?status=asleep").await, (400, "INVALID_REQUEST_PARAMETER"));
    let response = ann.get("/v1.0/agents?tag_ids=").await;
    assert_refused(&response, (400, "INVALID_TAG_IDS"));
    assert_eq!(response.json()["error"]["details"][0]["field"], "tag_ids");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_agent_grants_or_changes_a_permission_above_its_own() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let ann_path = own_path(&ann).await;
    let (max_path, max) = create_agent(&ann, "max", MANAGER).await;
    let (_, amy) = create_agent(&ann, "amy", AGENT).await;
    for permission in [ADMIN, ADMIN | MANAGER, 1] {
        let body = json!({ "username": "eve", "password": PASSWORD, "permission": permission });
        assert_refused(&max.post("/v1.0/agents", body).await, DENIED);
        assert_refused(
            &max.put(&format!("{max_path}/permission"), json!({ "permission": permission })).await,
            DENIED,
        );
    }
    assert_refused(&ann.put(&format!("{ann_path}/permission"), json!({ "permission": 1 })).await, DENIED);
    assert_refused(
        &max.put(&format!("{ann_path}/password"), json!({ "password": "a stolen password" })).await,
        DENIED,
    );
    assert_refused(&max.put(&ann_path, json!({ "name": "x" })).await, DENIED);
    assert_refused(&max.delete(&ann_path).await, DENIED);
    // An agent reads and changes only itself. For every other id the response is the same, whether or not the agent
    // exists.
    let amy_path = own_path(&amy).await;
    amy.put(&amy_path, json!({ "name": "Amy" })).await.ok();
    amy.put(&format!("{amy_path}/status"), json!({ "status": "available" })).await.ok();
    for path in [&*max_path, "/v1.0/agents/5e4a0680-804e-11ec-8477-2fea5968d85b"] {
        assert_refused(&amy.get(path).await, DENIED);
        assert_refused(&amy.put(path, json!({ "name": "x" })).await, DENIED);
    }
    for path in ["/v1.0/agents", "/v1.0/tags", "/v1.0/accesskeys", "/v1.0/customer"] {
        assert_refused(&amy.get(path).await, DENIED);
    }
    assert_refused(&amy.put(&format!("{amy_path}/permission"), json!({ "permission": AGENT })).await, DENIED);
    assert_refused(&max.get("/v1.0/accesskeys").await, DENIED);
    assert_refused(&max.put("/v1.0/customer", json!({ "name": "x" })).await, DENIED);
    assert_refused(&max.post("/auth/unregister", json!({ "password": PASSWORD })).await, DENIED);
    max.get("/v1.0/customer").await.ok();
}

/// Invariant I7: a credential is valid only as long as its basis.
#[tokio::test(flavor = "multi_thread")]
async fn changing_permission_or_password_and_deleting_the_agent_revoke_its_tokens() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (path, max) = create_agent(&ann, "max", MANAGER).await;
    ann.put(&format!("{path}/permission"), json!({ "permission": AGENT })).await.ok();
    assert_refused(&max.get("/v1.0/me").await, (401, "INVALID_CREDENTIALS"));
    let max = client.login("max", PASSWORD).await;
    assert_refused(
        &max.put(&format!("{path}/password"), json!({ "password": "a new password" })).await,
        (400, "INVALID_ARGUMENT"),
    );
    let wrong = json!({ "password": "a new password", "current_password": "a wrong password" });
    assert_refused(&max.put(&format!("{path}/password"), wrong).await, (403, "INVALID_PASSWORD"));
    let right = json!({ "password": "a new password", "current_password": PASSWORD });
    max.put(&format!("{path}/password"), right).await.ok();
    assert_refused(&max.get("/v1.0/me").await, (401, "INVALID_CREDENTIALS"));
    let max = client.login("max", "a new password").await;
    ann.delete(&path).await.ok();
    assert_refused(&max.get("/v1.0/me").await, (401, "INVALID_CREDENTIALS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guest_agent_cannot_be_changed_or_deleted() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let agents = ann.get("/v1.0/agents").await.ok();
    let guest = agents["result"].as_array().unwrap().iter().find(|agent| agent["name"] == "guest").unwrap();
    assert_eq!(guest["username"], format!("guest-{id}"));
    let path = format!("/v1.0/agents/{}", guest["id"].as_str().unwrap());
    let protected = (409, "GUEST_AGENT_PROTECTED");
    assert_refused(&ann.delete(&path).await, protected);
    assert_refused(&ann.put(&format!("{path}/password"), json!({ "password": PASSWORD })).await, protected);
    assert_refused(&ann.put(&format!("{path}/permission"), json!({ "permission": AGENT })).await, protected);
    assert_refused(&ann.put(&path, json!({ "name": "renamed" })).await, protected);
    let described = ann.put(&path, json!({ "name": "guest", "detail": "as it was read" })).await.ok();
    assert_eq!((&described["name"], &described["detail"]), (&json!("guest"), &json!("as it was read")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays_even_if_two_demotions_race() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let ann_path = own_path(&ann).await;
    assert_refused(&ann.delete(&ann_path).await, (409, "LAST_ADMIN"));
    assert_refused(
        &ann.put(&format!("{ann_path}/permission"), json!({ "permission": AGENT })).await,
        (409, "LAST_ADMIN"),
    );
    for round in 0..5 {
        let (bob_path, bob) = create_agent(&ann, &format!("bob{round}"), ADMIN).await;
        let demotion = json!({ "permission": MANAGER });
        let (of_bob, of_ann) = (format!("{bob_path}/permission"), format!("{ann_path}/permission"));
        let both = tokio::join!(ann.put(&of_bob, demotion.clone()), bob.put(&of_ann, demotion.clone()));
        let successes = [&both.0, &both.1].into_iter().filter(|response| response.status == 200).count();
        assert_eq!(successes, 1, "{} / {}", both.0.text, both.1.text);
        if both.1.status == 200 {
            // Bob is the only administrator now. Ann gets her permission back for the next round.
            bob.put(&of_ann, json!({ "permission": ADMIN })).await.ok();
            let ann = client.login("ann", PASSWORD).await;
            ann.delete(&bob_path).await.ok();
            return;
        }
        ann.delete(&bob_path).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_without_permissions_reads_and_changes_only_itself() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let body = json!({ "username": "bob", "password": PASSWORD, "permission": 0 });
    let id = ann.post("/v1.0/agents", body).await.ok()["id"].as_str().unwrap().to_owned();
    let bob = client.login("bob", PASSWORD).await;
    assert_eq!(bob.get("/v1.0/me").await.ok()["id"], *id);
    assert_eq!(bob.get(&format!("/v1.0/agents/{id}")).await.ok()["username"], "bob");
    bob.put(&format!("/v1.0/agents/{id}"), json!({ "name": "Bob" })).await.ok();
    assert_refused(
        &bob.put(&format!("/v1.0/agents/{id}/permission"), json!({ "permission": 32 })).await,
        (403, "PERMISSION_DENIED"),
    );
    let others = ann.get("/v1.0/me").await.ok()["id"].as_str().unwrap().to_owned();
    assert_refused(
        &bob.put(&format!("/v1.0/agents/{others}"), json!({ "name": "Bob" })).await,
        (403, "PERMISSION_DENIED"),
    );
    for path in ["/v1.0/customer", "/v1.0/agents", "/v1.0/tags", "/v1.0/accesskeys", "/v1.0/customers"] {
        assert_refused(&bob.get(path).await, (403, "PERMISSION_DENIED"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_set_by_an_administrator_confirms_an_immediate_deletion_only_after_a_day() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, eve) = create_agent(&ann, "eve", ADMIN).await;
    let body = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    assert_refused(&eve.post("/auth/unregister", body.clone()).await, (403, "REAUTHENTICATION_REQUIRED"));
    client.advance(86_401).await;
    assert_eq!(eve.post("/auth/unregister", body).await.ok()["status"], "deleted");
}
