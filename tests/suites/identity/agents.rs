//! Agents: their fields, and the guest agent.

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

pub(crate) const AGENT: u32 = 0x10;
pub(crate) const MANAGER: u32 = 0x40;

/// Creates an agent and logs it in. Returns its path and its client.
pub(crate) async fn create_agent(creator: &Client, name: &str, permission: u32) -> (String, Client) {
    let body = json!({ "username": name, "password": PASSWORD, "permission": permission, "addresses": [] });
    let created = creator.post("/v1.0/agents", body).await.ok();
    (format!("/v1.0/agents/{}", created["id"].as_str().unwrap()), creator.login(name, PASSWORD).await)
}

#[track_caller]
pub(crate) fn assert_refused(response: &custodian_tests::Response, (status, reason): (u16, &str)) {
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
async fn the_guest_agent_keeps_its_name_and_permission_gets_no_password_and_is_not_deleted() {
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
