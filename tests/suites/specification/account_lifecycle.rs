//! Whole account lifecycles, with their jobs and events.

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

const MONTH: u64 = 30 * 86_400;

/// The names of the scheduled jobs that end accounts. The route leaves out reminders.
async fn job_names(client: &Client) -> Vec<String> {
    let job_names = client.get("/_local/schedules").await.ok();
    job_names["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["name"].as_str().unwrap().to_owned())
        .collect()
}

/// The types of a customer's events, in order.
async fn event_names(client: &Client, id: &str) -> Vec<String> {
    client.idle().await;
    let event_names = client.get("/_local/events").await.ok();
    let is_own = |entry: &&Value| entry["detail"]["customer_id"] == id;
    let own = event_names["result"].as_array().unwrap().iter().rev().filter(is_own);
    own.map(|entry| entry["detail-type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_lives_from_creation_to_purge() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    assert_eq!(job_names(&client).await, [format!("expire-{id}")]);
    let ann = client.login("ann", PASSWORD).await;
    assert_eq!(
        ann.get("/v1.0/customer").await.ok()["status"],
        "initial",
        "an unverified account can be read"
    );
    assert_eq!(ann.get("/v1.0/tags").await.refusal(), (403, "ACCOUNT_NOT_VERIFIED".into()));

    let token = client.mailed_token("ann@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    assert!(job_names(&client).await.is_empty());
    let again = client.post("/auth/email-verify", json!({ "token": token })).await;
    assert_eq!(again.refusal(), (400, "INVALID_TOKEN".into()), "a link works once");
    ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();

    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    assert_eq!(job_names(&client).await, [format!("purge-{id}-1")]);
    assert_eq!(ann.get("/v1.0/customer").await.refusal(), (401, "INVALID_CREDENTIALS".into()));
    let ann = client.login("ann", PASSWORD).await;
    let frozen = ann.get("/v1.0/customer").await.ok();
    let refused = ann.get("/v1.0/tags").await;
    assert_eq!(refused.refusal(), (403, "ACCOUNT_FROZEN".into()));
    let details = &refused.json()["error"]["details"][0];
    assert_eq!(details["deletion_effective_at"], frozen["tm_deletion_scheduled"]);
    assert_eq!(details["deletion_scheduled_at"], frozen["tm_update"]);
    assert_eq!(details["recovery_endpoint"], "DELETE /auth/unregister");

    ann.delete("/auth/unregister").await.ok();
    assert!(job_names(&client).await.is_empty());
    assert_eq!(ann.get("/v1.0/tags").await.ok()["result"][0]["name"], "vip", "recovery restores the tag");
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    assert_eq!(job_names(&client).await, [format!("purge-{id}-2")]);

    client.advance(MONTH - 60).await;
    let platform_admin = client.platform_admin().await;
    assert_eq!(platform_admin.get(&format!("/v1.0/customers/{id}")).await.ok()["status"], "frozen");
    client.advance(62).await;
    let deleted = platform_admin.get(&format!("/v1.0/customers/{id}")).await.ok();
    assert_eq!((&deleted["status"], &deleted["email"]), (&json!("deleted"), &json!("")));
    assert_eq!(
        client.post("/auth/login", json!({ "username": "ann", "password": PASSWORD })).await.status,
        401
    );
    let listed = platform_admin.get("/v1.0/customers").await.ok().to_string();
    assert!(!listed.contains(&id), "deleted accounts are listed only by status");
    assert!(platform_admin.get("/v1.0/customers?status=deleted").await.ok().to_string().contains(&id));

    // A new account has two agents: its owner and the guest agent.
    let expected = [
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
        "customer_deletion_reminder",
        "customer_deletion_reminder",
        "customer_deletion_reminder",
        "customer_deleted",
        "operations_terminate",
        "customer_erased",
    ];
    assert_eq!(event_names(&client, &id).await, expected);
    client.open_account("ann").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_not_verified_in_time_expires_and_frees_its_names() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    let token = client.mailed_token("ann@example.com").await;
    client.advance(7 * 86_400 + 2).await;
    let platform_admin = client.platform_admin().await;
    let expired = platform_admin.get(&format!("/v1.0/customers/{id}")).await.ok();
    assert_eq!(
        (&expired["status"], &expired["email"], &expired["name"]),
        (&json!("expired"), &json!(""), &json!(""))
    );
    assert!(expired["tm_delete"].is_string());
    let late = client.post("/auth/email-verify", json!({ "token": token })).await;
    assert_eq!(late.refusal(), (409, "VERIFICATION_WINDOW_ENDED".into()), "also after the expiry");
    assert_eq!(
        platform_admin.delete(&format!("/v1.0/customers/{id}")).await.refusal(),
        (409, "STATE_INVALID".into())
    );
    // The event customer_erased reports the deletion of everything that the account owned.
    let expected =
        ["customer_created", "agent_created", "agent_created", "customer_expired", "customer_erased"];
    assert_eq!(event_names(&client, &id).await, expected);
    client.open_account("ann").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_free_at_once_even_before_the_cascade_has_run() {
    let client = Client::start().await;
    let (first, ann) = client.tenant("ann").await;
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    let body = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    ann.post("/auth/unregister", body).await.ok();
    let second = client.open_account("ANN").await;
    assert_ne!(first, second);
    drop(paused);
    client.idle().await;
    // The cascade of the first account did not delete the second account's names.
    client.login("ann", PASSWORD).await.get("/v1.0/customer").await.ok();
    let body = json!({ "username": "x", "password": PASSWORD, "email": "Ann@example.com" });
    let taken = client.platform_admin().await.post("/v1.0/customers", body).await;
    assert_eq!(taken.refusal(), (409, "EMAIL_ALREADY_EXISTS".into()));
}
