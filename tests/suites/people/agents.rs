//! Agents: ranks, the guest, and the last administrator.

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

const AGENT: u32 = 0x10;
const ADMIN: u32 = 0x20;
const MANAGER: u32 = 0x40;

/// Makes an agent and logs it in; answers its path.
async fn agent(by: &Client, name: &str, permission: u32) -> (String, Client) {
    let body = json!({ "username": name, "password": PASSWORD, "permission": permission, "addresses": [] });
    let made = by.post("/v1.0/agents", body).await.ok();
    (format!("/v1.0/agents/{}", made["id"].as_str().unwrap()), by.login(name, PASSWORD).await)
}

async fn own_path(client: &Client) -> String {
    format!("/v1.0/agents/{}", client.get("/v1.0/me").await.ok()["id"].as_str().unwrap())
}

const DENIED: (u16, &str) = (403, "PERMISSION_DENIED");

#[track_caller]
fn refused(answer: &custodian_tests::Answer, (status, reason): (u16, &str)) {
    assert_eq!(answer.refusal(), (status, reason.to_owned()), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_keeps_what_it_is_given() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok()["id"].clone();
    let address =
        json!({ "type": "tel", "target": "+15551234567", "target_name": "", "name": "desk", "detail": "" });
    let body = json!({
        "username": "bob@example.com", "password": PASSWORD, "name": "Bob", "detail": "sales", "permission": MANAGER,
        "tag_ids": [tag], "addresses": [address],
    });
    let made = ann.post("/v1.0/agents", body).await.ok();
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
        assert_eq!(made[field], value, "{field}");
    }
    let path = format!("/v1.0/agents/{}", made["id"].as_str().unwrap());
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
    refused(&ann.get(&path).await, (404, "AGENT_NOT_FOUND"));
    agent(&ann, "bob@example.com", AGENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_agents_are_refused_field_by_field() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let wrong: [(&str, Value); 11] = [
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
        ("name", json!(null)),
    ];
    for (field, value) in wrong {
        let mut body = json!({ "username": "bob", "password": PASSWORD });
        body[field] = value.clone();
        let answer = ann.post("/v1.0/agents", body).await;
        refused(&answer, (400, "INVALID_ARGUMENT"));
        assert_eq!(answer.json()["error"]["details"][0]["field"], field, "{value}");
    }
    for method in ["linear", "zzz"] {
        let body = json!({ "username": "bob", "password": PASSWORD, "ring_method": method });
        let answer = ann.post("/v1.0/agents", body).await;
        refused(&answer, (400, "INVALID_RING_METHOD"));
        assert_eq!(answer.json()["error"]["details"][0]["field"], "ring_method", "{method}");
    }
    refused(
        &ann.post("/v1.0/agents", json!({ "username": "ANN", "password": PASSWORD })).await,
        (409, "AGENT_ALREADY_EXISTS"),
    );
    refused(&ann.get("/v1.0/agents?status=asleep").await, (400, "INVALID_REQUEST_PARAMETER"));
    let answer = ann.get("/v1.0/agents?tag_ids=").await;
    refused(&answer, (400, "INVALID_TAG_IDS"));
    assert_eq!(answer.json()["error"]["details"][0]["field"], "tag_ids");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_above_the_own_rank() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let ann_path = own_path(&ann).await;
    let (max_path, max) = agent(&ann, "max", MANAGER).await;
    let (_, amy) = agent(&ann, "amy", AGENT).await;
    for permission in [ADMIN, ADMIN | MANAGER, 1] {
        let body = json!({ "username": "eve", "password": PASSWORD, "permission": permission });
        refused(&max.post("/v1.0/agents", body).await, DENIED);
        refused(
            &max.put(&format!("{max_path}/permission"), json!({ "permission": permission })).await,
            DENIED,
        );
    }
    refused(&ann.put(&format!("{ann_path}/permission"), json!({ "permission": 1 })).await, DENIED);
    refused(
        &max.put(&format!("{ann_path}/password"), json!({ "password": "a stolen password" })).await,
        DENIED,
    );
    refused(&max.put(&ann_path, json!({ "name": "x" })).await, DENIED);
    refused(&max.delete(&ann_path).await, DENIED);
    // An agent sees and changes itself and nobody else, whether or not there is somebody.
    let amy_path = own_path(&amy).await;
    amy.put(&amy_path, json!({ "name": "Amy" })).await.ok();
    amy.put(&format!("{amy_path}/status"), json!({ "status": "available" })).await.ok();
    for path in [&*max_path, "/v1.0/agents/5e4a0680-804e-11ec-8477-2fea5968d85b"] {
        refused(&amy.get(path).await, DENIED);
        refused(&amy.put(path, json!({ "name": "x" })).await, DENIED);
    }
    for path in ["/v1.0/agents", "/v1.0/tags", "/v1.0/accesskeys", "/v1.0/customer"] {
        refused(&amy.get(path).await, DENIED);
    }
    refused(&amy.put(&format!("{amy_path}/permission"), json!({ "permission": AGENT })).await, DENIED);
    refused(&max.get("/v1.0/accesskeys").await, DENIED);
    refused(&max.put("/v1.0/customer", json!({ "name": "x" })).await, DENIED);
    refused(&max.post("/auth/unregister", json!({ "password": PASSWORD })).await, DENIED);
    max.get("/v1.0/customer").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_die_with_the_permission_the_password_and_the_agent() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (path, max) = agent(&ann, "max", MANAGER).await;
    ann.put(&format!("{path}/permission"), json!({ "permission": AGENT })).await.ok();
    refused(&max.get("/v1.0/me").await, (401, "INVALID_CREDENTIALS"));
    let max = client.login("max", PASSWORD).await;
    refused(
        &max.put(&format!("{path}/password"), json!({ "password": "a new password" })).await,
        (400, "INVALID_ARGUMENT"),
    );
    let wrong = json!({ "password": "a new password", "current_password": "a wrong password" });
    refused(&max.put(&format!("{path}/password"), wrong).await, (403, "INVALID_PASSWORD"));
    let right = json!({ "password": "a new password", "current_password": PASSWORD });
    max.put(&format!("{path}/password"), right).await.ok();
    refused(&max.get("/v1.0/me").await, (401, "INVALID_CREDENTIALS"));
    let max = client.login("max", "a new password").await;
    ann.delete(&path).await.ok();
    refused(&max.get("/v1.0/me").await, (401, "INVALID_CREDENTIALS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guest_stays_as_it_is() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let agents = ann.get("/v1.0/agents").await.ok();
    let guest = agents["result"].as_array().unwrap().iter().find(|agent| agent["name"] == "guest").unwrap();
    assert_eq!(guest["username"], format!("guest-{id}"));
    let path = format!("/v1.0/agents/{}", guest["id"].as_str().unwrap());
    let protected = (409, "GUEST_AGENT_PROTECTED");
    refused(&ann.delete(&path).await, protected);
    refused(&ann.put(&format!("{path}/password"), json!({ "password": PASSWORD })).await, protected);
    refused(&ann.put(&format!("{path}/permission"), json!({ "permission": AGENT })).await, protected);
    refused(&ann.put(&path, json!({ "name": "renamed" })).await, protected);
    let described = ann.put(&path, json!({ "name": "guest", "detail": "as it was read" })).await.ok();
    assert_eq!((&described["name"], &described["detail"]), (&json!("guest"), &json!("as it was read")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays_even_if_two_go_at_the_same_moment() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let ann_path = own_path(&ann).await;
    refused(&ann.delete(&ann_path).await, (409, "LAST_ADMIN"));
    refused(
        &ann.put(&format!("{ann_path}/permission"), json!({ "permission": AGENT })).await,
        (409, "LAST_ADMIN"),
    );
    for round in 0..5 {
        let (bob_path, bob) = agent(&ann, &format!("bob{round}"), ADMIN).await;
        let demotion = json!({ "permission": MANAGER });
        let (of_bob, of_ann) = (format!("{bob_path}/permission"), format!("{ann_path}/permission"));
        let both = tokio::join!(ann.put(&of_bob, demotion.clone()), bob.put(&of_ann, demotion.clone()));
        let successes = [&both.0, &both.1].into_iter().filter(|answer| answer.status == 200).count();
        assert_eq!(successes, 1, "{} / {}", both.0.text, both.1.text);
        if both.1.status == 200 {
            // Bob is the administrator now; Ann gets her rank back for the next round.
            bob.put(&of_ann, json!({ "permission": ADMIN })).await.ok();
            let ann = client.login("ann", PASSWORD).await;
            ann.delete(&bob_path).await.ok();
            return;
        }
        ann.delete(&bob_path).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_without_rights_may_do_what_concerns_itself_and_nothing_else() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let body = json!({ "username": "bob", "password": PASSWORD, "permission": 0 });
    let id = ann.post("/v1.0/agents", body).await.ok()["id"].as_str().unwrap().to_owned();
    let bob = client.login("bob", PASSWORD).await;
    assert_eq!(bob.get("/v1.0/me").await.ok()["id"], *id);
    assert_eq!(bob.get(&format!("/v1.0/agents/{id}")).await.ok()["username"], "bob");
    bob.put(&format!("/v1.0/agents/{id}"), json!({ "name": "Bob" })).await.ok();
    refused(
        &bob.put(&format!("/v1.0/agents/{id}/permission"), json!({ "permission": 32 })).await,
        (403, "PERMISSION_DENIED"),
    );
    let others = ann.get("/v1.0/me").await.ok()["id"].as_str().unwrap().to_owned();
    refused(
        &bob.put(&format!("/v1.0/agents/{others}"), json!({ "name": "Bob" })).await,
        (403, "PERMISSION_DENIED"),
    );
    for path in ["/v1.0/customer", "/v1.0/agents", "/v1.0/tags", "/v1.0/accesskeys", "/v1.0/customers"] {
        refused(&bob.get(path).await, (403, "PERMISSION_DENIED"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_others_made_confirms_an_immediate_deletion_only_after_a_day() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, eve) = agent(&ann, "eve", ADMIN).await;
    let body = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    refused(&eve.post("/auth/unregister", body.clone()).await, (403, "REAUTHENTICATION_REQUIRED"));
    client.advance(86_401).await;
    assert_eq!(eve.post("/auth/unregister", body).await.ok()["status"], "deleted");
}
