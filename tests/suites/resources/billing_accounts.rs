//! Billing accounts: the verification of an account creates one, the administrators of the account change its fields, and only
//! platform admins change its balance.

use custodian_tests::{Client, PASSWORD};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn platform_admins_credit_and_debit_and_a_balance_is_never_negative() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let path = format!("/v1.0/customers/{id}/balance");
    let first = ann.get("/v1.0/billing_account").await.ok();
    assert_eq!((&first["balance_credit"], &first["balance_token"]), (&json!(0), &json!(100)));
    let credited =
        platform_admin.post(&path, json!({ "balance_credit": 5_000_000, "balance_token": -40 })).await.ok();
    assert_eq!((&credited["balance_credit"], &credited["balance_token"]), (&json!(5_000_000), &json!(60)));
    let debited = platform_admin.post(&path, json!({ "balance_credit": -5_000_000 })).await.ok();
    assert_eq!(debited["balance_credit"], 0);
    let overdrawn = platform_admin.post(&path, json!({ "balance_credit": -1 })).await;
    assert_eq!(overdrawn.refusal(), (402, "INSUFFICIENT_BALANCE".into()));
    assert_eq!(platform_admin.post(&path, json!({})).await.status, 400);
    assert_eq!(ann.post(&path, json!({ "balance_credit": 1 })).await.status, 403);
    let requests = (0..32).map(|_| platform_admin.post(&path, json!({ "balance_credit": 1 })));
    futures::future::join_all(requests).await.iter().for_each(|response| {
        response.ok();
    });
    assert_eq!(ann.get("/v1.0/billing_account").await.ok()["balance_credit"], 32);
    let initial = client.open_account("new").await;
    let missing = platform_admin
        .post(&format!("/v1.0/customers/{initial}/balance"), json!({ "balance_credit": 1 }))
        .await;
    assert_eq!(missing.refusal(), (404, "BILLING_ACCOUNT_NOT_FOUND".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_32_concurrent_changes_of_a_row_gets_its_own_version() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "first" })).await.ok();
    let path = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());
    let requests = (0..32).map(|n| ann.put(&path, json!({ "name": n.to_string() })));
    let responses = futures::future::join_all(requests).await;
    let version =
        |response: &custodian_tests::Response| response.headers["etag"].to_str().unwrap().to_owned();
    let versions: std::collections::BTreeSet<_> =
        responses.iter().map(|response| (response.ok(), version(response)).1).collect();
    assert_eq!(versions.len(), 32);
    let last = ann.get(&path).await;
    assert_eq!(version(&last), "\"33\"");
    let last_change = responses.iter().find(|response| version(response) == "\"33\"").unwrap();
    assert_eq!(last_change.ok(), last.ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_read_and_change_their_billing_account_and_cannot_create_or_delete_one() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let own = ann.get("/v1.0/billing_account").await.ok();
    let path = format!("/v1.0/billing_accounts/{}", own["id"].as_str().unwrap());
    assert_eq!(ann.get("/v1.0/customer").await.ok()["billing_account_id"], own["id"]);
    assert_eq!(ann.get("/v1.0/billing_accounts").await.ok()["result"], json!([own]));
    let changed =
        ann.put(&path, json!({ "name": "main", "balance_credit": 99, "payment_type": "" })).await.ok();
    let fields = ["name", "balance_credit", "payment_type"].map(|field| &changed[field]);
    assert_eq!(fields, [&json!("main"), &json!(0), &json!("")]);
    assert_eq!(
        ann.post("/v1.0/billing_accounts", json!({})).await.refusal(),
        (404, "ROUTE_NOT_FOUND".into())
    );
    assert_eq!(ann.delete(&path).await.refusal(), (404, "ROUTE_NOT_FOUND".into()));
    let not_found = (404, "BILLING_ACCOUNT_NOT_FOUND".to_owned());
    assert_eq!(bob.get(&path).await.refusal(), not_found);
    let selection_path = "/v1.0/customer/billing_account_id";
    let billing_account = json!({ "billing_account_id": own["id"] });
    assert_eq!(bob.put(selection_path, billing_account.clone()).await.refusal(), not_found);
    assert_eq!(ann.put(selection_path, billing_account).await.ok()["billing_account_id"], own["id"]);
    assert_eq!(ann.put(selection_path, json!({})).await.status, 400);
    let body = json!({ "username": "max", "password": PASSWORD, "permission": 64 });
    ann.post("/v1.0/agents", body).await.ok();
    let manager = client.login("max", PASSWORD).await;
    assert_eq!(manager.get("/v1.0/billing_account").await.status, 403);
    assert_eq!(manager.get("/v1.0/customer/usage").await.status, 200);
}
