//! Access control of every kind: each account uses the routes of its own rows, and only while it is active.

use custodian_domain::kinds::{BILLING_ACCOUNTS, Verbs, routed};
use custodian_tests::{Client, PASSWORD};
use serde_json::json;

use crate::sample_values::{
    collection_path, create, kinds_with_agents, minimal_body, row_path, tenant_on_plan, without_secrets,
};

/// Invariant I9: the tenant comes from the caller.
#[tokio::test(flavor = "multi_thread")]
async fn rows_of_another_account_are_not_listed_read_changed_or_deleted() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let (bob_id, bob) = tenant_on_plan(&client, "bob", "unlimited").await;
    for kind in kinds_with_agents() {
        let of_ann = create(&ann, kind, minimal_body(kind, 1)).await;
        let mut body = minimal_body(kind, 2);
        body["customer_id"] = of_ann["customer_id"].clone();
        let of_bob = create(&bob, kind, body).await;
        assert_eq!(of_bob["customer_id"], bob_id.as_str(), "the tenant comes from the caller");
        let listed = bob.get(&collection_path(kind)).await.ok()["result"].as_array().unwrap().clone();
        assert!(listed.contains(&without_secrets(kind, of_bob)), "{}", kind.route);
        assert!(listed.iter().all(|row| row["customer_id"] == bob_id.as_str()), "{}", kind.route);
        let not_found = (404, kind.not_found.key().to_owned());
        let ann_path = row_path(kind, &of_ann);
        for response in [
            bob.get(&ann_path).await,
            bob.put(&ann_path, json!({ "name": "stolen" })).await,
            bob.delete(&ann_path).await,
        ] {
            assert_eq!(response.refusal(), not_found, "{}", kind.route);
        }
        assert_eq!(ann.get(&ann_path).await.ok(), of_ann);
    }
    // Billing accounts cannot be created or deleted.
    let of_ann = ann.get("/v1.0/billing_account").await.ok();
    let path = row_path(&BILLING_ACCOUNTS, &of_ann);
    for response in [bob.get(&path).await, bob.put(&path, json!({ "name": "stolen" })).await] {
        assert_eq!(response.refusal(), (404, "BILLING_ACCOUNT_NOT_FOUND".to_owned()));
    }
    assert_eq!(ann.get(&path).await.ok(), of_ann);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_without_permission_is_refused_for_valid_and_invalid_ids() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let manager = json!({ "username": "max", "password": PASSWORD, "permission": 64 });
    ann.post("/v1.0/agents", manager).await.ok();
    ann.post("/v1.0/agents", json!({ "username": "eve", "password": PASSWORD })).await.ok();
    let (max, eve) = (client.login("max", PASSWORD).await, client.login("eve", PASSWORD).await);
    let denied = (403, "PERMISSION_DENIED".to_owned());
    for id in ["zz", "7d3f1c52-1f6c-4d56-9a52-000000000001"] {
        for (caller, kind) in routed().map(|kind| (&eve, kind)).chain([(&max, &BILLING_ACCOUNTS)]) {
            let path = format!("{}/{id}", collection_path(kind));
            let mut responses = vec![caller.get(&path).await, caller.put(&path, json!({})).await];
            if kind.verbs == Verbs::All {
                responses.push(caller.delete(&path).await);
            }
            for response in responses {
                assert_eq!(response.refusal(), denied, "{path}");
            }
        }
        let stop = eve.post(&format!("/v1.0/transcribes/{id}/stop"), json!({})).await;
        assert_eq!(stop.refusal(), denied);
    }
    assert_eq!(ann.get("/v1.0/billing_accounts/zz").await.refusal(), (400, "INVALID_ID".into()));
}

/// Invariant I3: no owned row is written after its account is deleted.
#[tokio::test(flavor = "multi_thread")]
async fn no_row_is_created_changed_or_deleted_while_the_account_is_not_active() {
    let client = Client::start().await;
    let (id, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let mut rows = Vec::new();
    for kind in kinds_with_agents() {
        rows.push((kind, create(&ann, kind, minimal_body(kind, 1)).await));
    }
    let key = ann.post("/v1.0/accesskeys", json!({})).await.ok();
    let key = client.with_token(key["token"].as_str().unwrap());
    client.open_account("new").await;
    let new = client.login("new", PASSWORD).await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    for (kind, row) in &rows {
        let frozen = (403, "ACCOUNT_FROZEN".to_owned());
        let path = row_path(kind, row);
        for response in [
            key.post(&collection_path(kind), minimal_body(kind, 2)).await,
            key.put(&path, json!({})).await,
            key.delete(&path).await,
            key.get(&path).await,
        ] {
            assert_eq!(response.refusal(), frozen, "{}", kind.route);
        }
        let initial = new.post(&collection_path(kind), minimal_body(kind, 3)).await;
        assert_eq!(initial.refusal(), (403, "ACCOUNT_NOT_VERIFIED".into()), "{}", kind.route);
    }
    client.platform_admin().await.delete(&format!("/v1.0/customers/{id}")).await.ok();
    for (kind, row) in &rows {
        for response in [
            key.post(&collection_path(kind), minimal_body(kind, 2)).await,
            key.get(&row_path(kind, row)).await,
        ] {
            assert_eq!(response.refusal(), (401, "INVALID_CREDENTIALS".into()), "{}", kind.route);
        }
    }
    client.idle().await;
    assert_eq!(custodian_tests::Tables(client.engine().clone()).remaining_rows(&id), []);
}
