//! Who reads an account's audit log, what it shows, and how long it lives.

use custodian_tests::{Client, PASSWORD, Tables};
use serde_json::{Value, json};

use crate::audited_acts::{AuditLog, delegate_of};
use crate::sign_up::sign_up_body;

const OWN: &str = "/v1.0/customer/audit";

#[tokio::test(flavor = "multi_thread")]
async fn the_account_learns_that_a_platform_admin_acted_but_not_which_one() {
    let client = Client::start().await;
    let (account, ann) = client.tenant("ann").await;
    let me = ann.get("/v1.0/me").await.ok()["id"].clone();
    let platform_admin = client.platform_admin().await;
    let operator = platform_admin.get("/v1.0/me").await.ok()["id"].as_str().unwrap().to_owned();
    let delegate = delegate_of(&client, &account).await;
    delegate.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();
    let request = ann.request(reqwest::Method::POST, "/v1.0/accesskeys").header("X-Request-Id", "req-of-ann");
    ann.send(request.json(&json!({}))).await.ok();
    let path = format!("/v1.0/customers/{account}/audit");
    let (own, platform) = (ann.get(OWN).await, platform_admin.get(&path).await);
    assert!(!own.text.contains(&operator) && platform.text.contains(&operator));
    assert_eq!(delegate.get(OWN).await.rows(), own.rows());
    let (own, platform) = (own.rows(), platform.rows());
    let types: Vec<_> = own.iter().map(|entry| entry["type"].as_str().unwrap()).collect();
    let expected =
        ["accesskey_created", "tag_created", "delegation", "customer_verified", "customer_created"];
    assert_eq!(types, expected, "the newest first");
    for (own, platform) in own.iter().zip(&platform) {
        let mut shown = platform.clone();
        if ["operator", "delegate"].contains(&platform["who"]["type"].as_str().unwrap()) {
            assert_eq!(
                (&platform["who"]["id"], &platform["ip_address"]),
                (&json!(operator), &json!("127.0.0.1"))
            );
            (shown["who"]["id"], shown["ip_address"]) = (Value::Null, Value::Null);
        }
        assert_eq!(*own, shown);
    }
    assert_eq!(own[0]["who"], json!({ "type": "agent", "id": me }));
    assert_eq!((&own[0]["ip_address"], &own[0]["request_id"]), (&json!("127.0.0.1"), &json!("req-of-ann")));

    // The list has the same entries page by page, and its page tokens are valid for no other list.
    let pages = ann.pages(OWN, 2).await;
    assert_eq!(pages.iter().flat_map(custodian_tests::Response::rows).collect::<Vec<_>>(), own);
    let token = pages[0].json()["next_page_token"].as_str().unwrap().to_owned();
    let other = platform_admin.get(&format!("{path}?page_token={token}")).await;
    assert_eq!(other.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_accounts_do_not_read_it_and_it_stays_readable_while_the_account_is_frozen() {
    let client = Client::start().await;
    let (account, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let path = format!("/v1.0/customers/{account}/audit");
    assert_eq!(bob.get(&path).await.refusal(), (403, "PERMISSION_DENIED".into()));
    assert_eq!(ann.get(&path).await.refusal(), (403, "PERMISSION_DENIED".into()));
    let ids = |rows: Vec<Value>| rows.into_iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
    let (of_ann, of_bob) = (ids(ann.get(OWN).await.rows()), ids(bob.get(OWN).await.rows()));
    assert!(of_ann.iter().all(|id| !of_bob.contains(id)) && !of_bob.is_empty());
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let frozen = client.login("ann", PASSWORD).await;
    assert_eq!(frozen.get(OWN).await.rows()[0]["type"], "customer_frozen");
    for read in ["/v1.0/me", "/v1.0/customer/usage"] {
        frozen.get(read).await.ok();
    }
    assert_eq!(frozen.get("/v1.0/tags").await.refusal(), (403, "ACCOUNT_FROZEN".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_no_administrator_does_not_read_a_frozen_account() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    for (name, permission) in [("manager", 0x40), ("agent", 0x10)] {
        let body = json!({ "username": name, "password": PASSWORD, "permission": permission });
        ann.post("/v1.0/agents", body).await.ok();
    }
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    for name in ["manager", "agent"] {
        let agent = client.login(name, PASSWORD).await;
        for read in ["/v1.0/me", "/v1.0/customer/usage"] {
            assert_eq!(agent.get(read).await.refusal(), (403, "ACCOUNT_FROZEN".into()), "{name} {read}");
        }
        assert_eq!(agent.get(OWN).await.refusal(), (403, "PERMISSION_DENIED".into()), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_holds_no_secret_and_no_value_of_a_profile_and_is_deleted_with_the_account() {
    let client = Client::start().await;
    let (account, ann) = client.tenant("ann").await;
    let key =
        ann.post("/v1.0/accesskeys", json!({ "name": "plain name", "detail": "plain detail" })).await.ok();
    let agent = json!({ "username": "plain-user", "password": "plain password", "name": "plain agent" });
    ann.post("/v1.0/agents", agent).await.ok();
    let secret = ann.post("/v1.0/customer/webhook/rotate", json!({})).await.ok();
    ann.put("/v1.0/customer", json!({ "email": "plain@example.com" })).await.ok();
    let token = client.mailed_token("plain@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    let delegate = delegate_of(&client, &account).await;
    delegate
        .put("/v1.0/customer", json!({ "address": "1 plain street", "phone_number": "+1-555-plain" }))
        .await
        .ok();
    delegate.post("/v1.0/extensions", json!({ "extension": "100", "password": "plain-sip-1" })).await.ok();
    let tables = Tables(client.engine().clone());
    let rows = serde_json::to_string(&tables.query("audits", "customer_id", &account)).unwrap();
    for value in
        ["plain", "example.com", &token, key["token"].as_str().unwrap(), secret["secret"].as_str().unwrap()]
    {
        assert!(!rows.contains(value), "{value} in {rows}");
    }
    assert!(rows.len() > 1000, "{rows}");
    client.platform_admin().await.delete(&format!("/v1.0/customers/{account}")).await.ok();
    client.idle().await;
    assert_eq!(tables.query("audits", "customer_id", &account), [json!(null); 0]);
    let mut log = AuditLog::of(&client, &account).await;
    assert_eq!(log.unseen().await, [json!(null); 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signup_and_the_loss_of_a_username_are_acts_of_the_system() {
    let client = Client::start().await;
    client.post("/auth/signup", sign_up_body("sue@example.com")).await.ok();
    client.idle().await;
    let platform_admin = client.platform_admin().await;
    let sue = platform_admin.get("/v1.0/customers?email=sue@example.com").await.rows()[0]["id"].clone();
    let log = platform_admin.get(&format!("/v1.0/customers/{}/audit", sue.as_str().unwrap())).await.rows();
    assert_eq!(log.len(), 1, "{log:?}");
    assert_eq!(
        (&log[0]["type"], &log[0]["who"]),
        (&json!("customer_created"), &json!({ "type": "system", "id": null }))
    );
    assert_eq!((&log[0]["ip_address"], &log[0]["request_id"]), (&Value::Null, &Value::Null));

    // An agent of one account loses its username to the account that confirms it as its address.
    let (account, ann) = client.tenant("ann").await;
    let agent = json!({ "username": "zed@example.com", "password": PASSWORD });
    let agent = ann.post("/v1.0/agents", agent).await.ok();
    let mut log = AuditLog::of(&client, &account).await;
    client.open_account("zed").await;
    let token = client.mailed_token("zed@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    let entries = log.unseen().await;
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!(
        (&entries[0]["type"], &entries[0]["who"]["type"]),
        (&json!("agent_updated"), &json!("system"))
    );
    assert_eq!(
        (&entries[0]["resource"]["id"], &entries[0]["detail"]["changed"]),
        (&agent["id"], &json!(["username"]))
    );
    assert_eq!((&entries[0]["ip_address"], &entries[0]["request_id"]), (&Value::Null, &Value::Null));
}
