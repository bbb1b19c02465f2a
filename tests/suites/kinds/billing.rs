//! Billing accounts: made with the account, moved by operators alone.

use custodian_tests::{Client, PASSWORD};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn operators_credit_and_debit_and_nothing_is_ever_owed() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let operator = client.operator().await;
    let path = format!("/v1.0/customers/{id}/balance");
    let first = ann.get("/v1.0/billing_account").await.ok();
    assert_eq!((&first["balance_credit"], &first["balance_token"]), (&json!(0), &json!(100)));
    let credited =
        operator.post(&path, json!({ "balance_credit": 5_000_000, "balance_token": -40 })).await.ok();
    assert_eq!((&credited["balance_credit"], &credited["balance_token"]), (&json!(5_000_000), &json!(60)));
    let debited = operator.post(&path, json!({ "balance_credit": -5_000_000 })).await.ok();
    assert_eq!(debited["balance_credit"], 0);
    let owed = operator.post(&path, json!({ "balance_credit": -1 })).await;
    assert_eq!(owed.refusal(), (402, "INSUFFICIENT_BALANCE".into()));
    assert_eq!(operator.post(&path, json!({})).await.status, 400);
    assert_eq!(ann.post(&path, json!({ "balance_credit": 1 })).await.status, 403);
    let racing = (0..32).map(|_| operator.post(&path, json!({ "balance_credit": 1 })));
    futures::future::join_all(racing).await.iter().for_each(|answer| {
        answer.ok();
    });
    assert_eq!(ann.get("/v1.0/billing_account").await.ok()["balance_credit"], 32);
    let initial = client.open_account("new").await;
    let none =
        operator.post(&format!("/v1.0/customers/{initial}/balance"), json!({ "balance_credit": 1 })).await;
    assert_eq!(none.refusal(), (404, "BILLING_ACCOUNT_NOT_FOUND".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_who_change_one_row_at_once_each_has_a_version_of_its_own() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "first" })).await.ok();
    let at = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());
    let racing = (0..32).map(|n| ann.put(&at, json!({ "name": n.to_string() })));
    let answers = futures::future::join_all(racing).await;
    let version = |answer: &custodian_tests::Answer| answer.headers["etag"].to_str().unwrap().to_owned();
    let versions: std::collections::BTreeSet<_> =
        answers.iter().map(|answer| (answer.ok(), version(answer)).1).collect();
    assert_eq!(versions.len(), 32);
    let last = ann.get(&at).await;
    assert_eq!(version(&last), "\"33\"");
    let winner = answers.iter().find(|answer| version(answer) == "\"33\"").unwrap();
    assert_eq!(winner.ok(), last.ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_see_and_name_theirs_and_nobody_makes_or_removes_one() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let own = ann.get("/v1.0/billing_account").await.ok();
    let path = format!("/v1.0/billing_accounts/{}", own["id"].as_str().unwrap());
    assert_eq!(ann.get("/v1.0/customer").await.ok()["billing_account_id"], own["id"]);
    assert_eq!(ann.get("/v1.0/billing_accounts").await.ok()["result"], json!([own]));
    let changed =
        ann.put(&path, json!({ "name": "main", "balance_credit": 99, "payment_type": "prepaid" })).await.ok();
    assert_eq!((&changed["name"], &changed["balance_credit"]), (&json!("main"), &json!(0)));
    assert_eq!(
        ann.post("/v1.0/billing_accounts", json!({})).await.refusal(),
        (404, "ROUTE_NOT_FOUND".into())
    );
    assert_eq!(ann.delete(&path).await.refusal(), (404, "ROUTE_NOT_FOUND".into()));
    let not_found = (404, "BILLING_ACCOUNT_NOT_FOUND".to_owned());
    assert_eq!(bob.get(&path).await.refusal(), not_found);
    let named = "/v1.0/customer/billing_account_id";
    let theirs = json!({ "billing_account_id": own["id"] });
    assert_eq!(bob.put(named, theirs.clone()).await.refusal(), not_found);
    assert_eq!(ann.put(named, theirs).await.ok()["billing_account_id"], own["id"]);
    assert_eq!(ann.put(named, json!({})).await.status, 400);
    let body = json!({ "username": "max", "password": PASSWORD, "permission": 64 });
    ann.post("/v1.0/agents", body).await.ok();
    let manager = client.login("max", PASSWORD).await;
    assert_eq!(manager.get("/v1.0/billing_account").await.status, 403);
    assert_eq!(manager.get("/v1.0/customer/usage").await.status, 200);
}
