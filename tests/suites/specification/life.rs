//! A whole life, with everything that happens around it.

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

const MONTH: u64 = 30 * 86_400;

/// The names of the jobs that wait.
async fn jobs(client: &Client) -> Vec<String> {
    let jobs = client.get("/_local/schedules").await.ok();
    jobs["result"].as_array().unwrap().iter().map(|job| job["name"].as_str().unwrap().to_owned()).collect()
}

/// What happened to a customer, in order.
async fn events(client: &Client, id: &str) -> Vec<String> {
    client.idle().await;
    let events = client.get("/_local/events").await.ok();
    let of = |entry: &&Value| entry["detail"]["customer_id"] == id;
    let told = events["result"].as_array().unwrap().iter().rev().filter(of);
    told.map(|entry| entry["detail-type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_opening_to_purge() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    assert_eq!(jobs(&client).await, [format!("expire-{id}")]);
    let ann = client.login("ann", PASSWORD).await;
    assert_eq!(ann.get("/v1.0/customer").await.ok()["status"], "initial", "it may be looked at");
    assert_eq!(ann.get("/v1.0/tags").await.refusal(), (403, "ACCOUNT_NOT_VERIFIED".into()));

    let token = client.mailed_token("ann@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    assert!(jobs(&client).await.is_empty());
    let again = client.post("/auth/email-verify", json!({ "token": token })).await;
    assert_eq!(again.refusal(), (400, "INVALID_TOKEN".into()), "a link works once");
    ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();

    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    assert_eq!(jobs(&client).await, [format!("purge-{id}-1")]);
    assert_eq!(ann.get("/v1.0/customer").await.refusal(), (401, "INVALID_CREDENTIALS".into()));
    let ann = client.login("ann", PASSWORD).await;
    let frozen = ann.get("/v1.0/customer").await.ok();
    let refused = ann.get("/v1.0/tags").await;
    assert_eq!(refused.refusal(), (403, "ACCOUNT_FROZEN".into()));
    let facts = &refused.json()["error"]["details"][0];
    assert_eq!(facts["deletion_effective_at"], frozen["tm_deletion_scheduled"]);
    assert_eq!(facts["deletion_scheduled_at"], frozen["tm_update"]);
    assert_eq!(facts["recovery_endpoint"], "DELETE /auth/unregister");

    ann.delete("/auth/unregister").await.ok();
    assert!(jobs(&client).await.is_empty());
    assert_eq!(ann.get("/v1.0/tags").await.ok()["result"][0]["name"], "vip", "everything is as it was");
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    assert_eq!(jobs(&client).await, [format!("purge-{id}-2")]);

    client.advance(MONTH - 60).await;
    let operator = client.operator().await;
    assert_eq!(operator.get(&format!("/v1.0/customers/{id}")).await.ok()["status"], "frozen");
    client.advance(62).await;
    let gone = operator.get(&format!("/v1.0/customers/{id}")).await.ok();
    assert_eq!((&gone["status"], &gone["email"]), (&json!("deleted"), &json!("")));
    assert_eq!(
        client.post("/auth/login", json!({ "username": "ann", "password": PASSWORD })).await.status,
        401
    );
    let listed = operator.get("/v1.0/customers").await.ok().to_string();
    assert!(!listed.contains(&id), "the gone are listed only when they are asked for");
    assert!(operator.get("/v1.0/customers?status=deleted").await.ok().to_string().contains(&id));

    let told = [
        "customer_created",
        "agent_created",
        "agent_created",
        "customer_verified",
        "billing_account_created",
        "accesskey_created",
        "tag_created",
        "customer_frozen",
        "operations_terminate",
        "customer_recovered",
        "customer_frozen",
        "operations_terminate",
        "customer_deleted",
        "operations_terminate",
        "customer_erased",
    ];
    assert_eq!(events(&client, &id).await, told);
    client.open_account("ann").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_verified_in_time_expires_and_leaves_its_names() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    let token = client.mailed_token("ann@example.com").await;
    client.advance(7 * 86_400 + 2).await;
    let operator = client.operator().await;
    let expired = operator.get(&format!("/v1.0/customers/{id}")).await.ok();
    assert_eq!(
        (&expired["status"], &expired["email"], &expired["name"]),
        (&json!("expired"), &json!(""), &json!(""))
    );
    assert!(expired["tm_delete"].is_string());
    assert_eq!(client.post("/auth/email-verify", json!({ "token": token })).await.status, 400);
    assert_eq!(
        operator.delete(&format!("/v1.0/customers/{id}")).await.refusal(),
        (409, "STATE_INVALID".into())
    );
    let told = ["customer_created", "agent_created", "agent_created", "customer_expired", "customer_erased"];
    assert_eq!(events(&client, &id).await, told);
    // Of the end of what it owned, one event tells it all.
    client.open_account("ann").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_free_at_once_even_before_the_cascade_has_run() {
    let client = Client::start().await;
    let (first, ann) = client.tenant("ann").await;
    let service = client.service().clone();
    let still = service.hold_still().await;
    let body = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    ann.post("/auth/unregister", body).await.ok();
    let second = client.open_account("ANN").await;
    assert_ne!(first, second);
    drop(still);
    client.idle().await;
    // The cascade of the first has not taken the names from the second.
    client.login("ann", PASSWORD).await.get("/v1.0/customer").await.ok();
    let body = json!({ "username": "x", "password": PASSWORD, "email": "Ann@example.com" });
    let taken = client.operator().await.post("/v1.0/customers", body).await;
    assert_eq!(taken.refusal(), (409, "EMAIL_ALREADY_EXISTS".into()));
}
