//! Permissions of agents: what an agent may grant, change and read, what revokes its tokens, and the last administrator.

use custodian_tests::{Client, PASSWORD, Tables};
use serde_json::json;

use crate::agents::{AGENT, MANAGER, assert_refused, create_agent};

const ADMIN: u32 = 0x20;
const DENIED: (u16, &str) = (403, "PERMISSION_DENIED");

async fn own_path(client: &Client) -> String {
    format!("/v1.0/agents/{}", client.get("/v1.0/me").await.ok()["id"].as_str().unwrap())
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
async fn the_last_administrator_stays_even_if_two_demotions_race() {
    let client = Client::start().await;
    let (_, mut ann) = client.tenant("ann").await;
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
            // Bob is the only administrator now. He promotes Ann again, so that she can delete him.
            bob.put(&of_ann, json!({ "permission": ADMIN })).await.ok();
            ann = client.login("ann", PASSWORD).await;
        }
        ann.delete(&bob_path).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_gives_an_account_an_administrator_again_after_a_restore_lost_the_last_one() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let key = ann.post("/v1.0/accesskeys", json!({})).await.ok();
    let key = client.with_token(key["token"].as_str().unwrap());
    let (max_path, _) = create_agent(&ann, "max", MANAGER).await;
    // A restored table without the administrator, and the counter as the restore run corrects it.
    let tables = Tables(client.engine().clone());
    let lost = ann.get("/v1.0/me").await.ok()["id"].clone();
    let lost = json!({ "customer_id": { "S": id }, "id": { "S": lost } });
    tables.call("DeleteItem", &json!({ "TableName": "custodian-agents", "Key": lost }));
    let mut counters = tables.query("usage", "customer_id", &id);
    counters.retain(|row| row["key"]["S"] == "count#admins");
    counters[0]["n"] = json!({ "N": "0" });
    tables.insert("usage", &counters);
    let body = json!({ "username": "eve", "password": PASSWORD, "permission": ADMIN });
    key.post("/v1.0/agents", body).await.ok();
    counters[0]["n"] = json!({ "N": "0" });
    tables.insert("usage", &counters);
    key.put(&format!("{max_path}/permission"), json!({ "permission": ADMIN })).await.ok();
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
