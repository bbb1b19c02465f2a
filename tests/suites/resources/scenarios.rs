//! The scenarios of the specification.

use custodian_tests::{Client, PASSWORD};
use serde_json::json;

use crate::sample_values::tenant_on_plan;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_is_set_up() {
    let client = Client::start().await;
    let (_, owner) = client.tenant("new-company").await;
    let agents = owner.get("/v1.0/agents").await.ok();
    let names: Vec<_> = agents["result"].as_array().unwrap().iter().map(|agent| &agent["name"]).collect();
    assert!(names.contains(&&json!("guest")), "the guest agent was created with the account");
    let agent = json!({ "username": "admin@new-company.example", "password": PASSWORD, "permission": 32 });
    owner.post("/v1.0/agents", agent).await.ok();
    let number = owner.post("/v1.0/numbers", json!({ "number": "+15550001111" })).await.ok();
    let flow = owner.post("/v1.0/flows", json!({ "name": "Main IVR" })).await.ok();
    let tag = owner.post("/v1.0/tags", json!({ "name": "sales" })).await.ok();
    owner.post("/v1.0/queues", json!({ "name": "Sales", "tag_ids": [tag["id"]] })).await.ok();
    let path = format!("/v1.0/numbers/{}", number["id"].as_str().unwrap());
    let linked = owner.put(&path, json!({ "call_flow_id": flow["id"] })).await.ok();
    assert_eq!(linked["call_flow_id"], flow["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn departments_have_their_agents_queue_and_number() {
    let client = Client::start().await;
    let (_, owner) = tenant_on_plan(&client, "enterprise", "basic").await;
    let departments =
        [("Sales", 3, "+18005551111"), ("Support", 2, "+18005552222"), ("Billing", 1, "+18005553333")];
    for (name, agents, number) in departments {
        let tag = owner.post("/v1.0/tags", json!({ "name": name.to_lowercase() })).await.ok();
        for n in 1..=agents {
            let username = format!("{}-{n}", name.to_lowercase());
            let body = json!({ "username": username, "password": PASSWORD, "tag_ids": [tag["id"]] });
            owner.post("/v1.0/agents", body).await.ok();
        }
        let queue = json!({ "name": format!("{name} Queue"), "tag_ids": [tag["id"]] });
        owner.post("/v1.0/queues", queue).await.ok();
        owner.post("/v1.0/numbers", json!({ "number": number, "name": name })).await.ok();
        let of_tag = owner.get(&format!("/v1.0/agents?tag_ids={}", tag["id"].as_str().unwrap())).await.ok();
        assert_eq!(of_tag["result"].as_array().unwrap().len(), agents, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_reviews_its_resources_and_usage() {
    let client = Client::start().await;
    let (_, owner) = client.tenant("reviewed").await;
    owner.post("/v1.0/numbers", json!({ "number": "+15550001111" })).await.ok();
    owner.post("/v1.0/flows", json!({ "name": "menu" })).await.ok();
    let agents = owner.get("/v1.0/agents").await.ok();
    assert!(agents["result"].as_array().unwrap().iter().all(|agent| agent["status"] == "offline"));
    assert_eq!(owner.get("/v1.0/numbers").await.ok()["result"][0]["status"], "active");
    assert!(owner.get("/v1.0/flows").await.ok()["result"][0]["tm_update"].is_string());
    assert_eq!(owner.get("/v1.0/billing_accounts").await.ok()["result"][0]["balance_credit"], 0);
    let usage = owner.get("/v1.0/customer/usage").await.ok();
    assert_eq!(usage["plan"], "free");
    assert_eq!(usage["resources"]["agents"], json!({ "count": 1, "limit": 5 }));
    assert_eq!(usage["resources"]["numbers"], json!({ "count": 1, "limit": 5 }));
    assert_eq!(usage["resources"]["tags"], json!({ "count": 0, "limit": null }));
}
