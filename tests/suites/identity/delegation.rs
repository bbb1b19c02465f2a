//! Platform admins who act as a customer's guest agent.

use custodian_tests::{Client, PASSWORD, Tables};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_delegation_acts_as_the_guest_agent_for_eight_hours() {
    let client = Client::start().await;
    let (id, _) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let body = json!({ "customer_id": id, "reason": "ticket 4711: cannot log in" });
    let delegated = platform_admin.post("/auth/delegate", body.clone()).await.ok();
    assert_eq!(delegated["customer_id"], id);
    let delegate = client.with_token(delegated["token"].as_str().unwrap());
    assert_eq!(delegate.get("/v1.0/me").await.ok()["username"], format!("guest-{id}"));
    delegate.post("/v1.0/tags", json!({ "name": "x" })).await.ok();
    let denied = (403, "PERMISSION_DENIED".to_owned());
    let request = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE" });
    assert_eq!(delegate.post("/auth/unregister", request).await.refusal(), denied);
    assert_eq!(delegate.post("/auth/delegate", body.clone()).await.refusal(), denied);
    assert_eq!(delegate.get("/v1.0/customers").await.refusal(), denied);
    client.advance(8 * 3600 + 1).await;
    assert_eq!(delegate.get("/v1.0/me").await.refusal(), (401, "INVALID_CREDENTIALS".into()));

    let platform_admin = client.platform_admin().await;
    let delegated = platform_admin.post("/auth/delegate", body).await.ok();
    let delegate = client.with_token(delegated["token"].as_str().unwrap());
    delegate.get("/v1.0/me").await.ok();
    platform_admin.post("/auth/logout", json!({})).await.ok();
    let revoked = delegate.get("/v1.0/me").await;
    assert_eq!(
        revoked.refusal(),
        (401, "INVALID_CREDENTIALS".into()),
        "revoked with its platform admin's tokens"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegation_needs_a_reason_and_an_existing_customer() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    for (customer, reason) in
        [(&*id, "short"), (&id, &*"x".repeat(201)), (&id, "ünprintable reason"), ("x", "a good reason")]
    {
        let response =
            platform_admin.post("/auth/delegate", json!({ "customer_id": customer, "reason": reason })).await;
        assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()), "{customer} {reason}");
    }
    let valid = json!({ "customer_id": id, "reason": "a good reason" });
    assert_eq!(ann.post("/auth/delegate", valid.clone()).await.refusal(), (403, "PERMISSION_DENIED".into()));
    let unknown = json!({ "customer_id": "5e4a0680-804e-11ec-8477-2fea5968d85b", "reason": "a good reason" });
    assert_eq!(
        platform_admin.post("/auth/delegate", unknown).await.refusal(),
        (404, "CUSTOMER_NOT_FOUND".into())
    );
    platform_admin.delete(&format!("/v1.0/customers/{id}")).await.ok();
    assert_eq!(
        platform_admin.post("/auth/delegate", valid).await.refusal(),
        (404, "CUSTOMER_NOT_FOUND".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn successful_delegations_are_recorded_and_refused_ones_are_not() {
    let client = Client::start().await;
    let (id, _) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let me = platform_admin.get("/v1.0/me").await.ok();
    let entries = || {
        let mut rows = Tables(client.engine().clone()).scan("audits");
        rows.retain(|row| row["type"]["S"] == "delegation");
        rows
    };
    let refused =
        platform_admin.post("/auth/delegate", json!({ "customer_id": id, "reason": "short" })).await;
    assert_eq!((refused.status, entries().len()), (400, 0));
    for reason in ["ticket 4711: cannot log in", "ticket 4712: still cannot"] {
        platform_admin.post("/auth/delegate", json!({ "customer_id": id, "reason": reason })).await.ok();
    }
    let mut recorded = entries();
    recorded.sort_by_key(|entry| entry["id"]["S"].as_str().unwrap().to_owned());
    let reasons: Vec<_> =
        recorded.iter().map(|entry| entry["detail"]["M"]["reason"]["S"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["ticket 4711: cannot log in", "ticket 4712: still cannot"]);
    for entry in &recorded {
        assert_eq!((&entry["customer_id"]["S"], &entry["who"]["M"]["id"]["S"]), (&json!(id), &me["id"]));
        assert!(entry["tm_create"]["N"].is_string(), "{entry}");
    }
}

/// Invariant I7: a credential is valid only as long as its basis.
#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_makes_no_credential_and_does_not_change_the_mailbox() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let body = json!({ "customer_id": id, "reason": "ticket 4711: cannot log in" });
    let delegated = platform_admin.post("/auth/delegate", body).await.ok();
    let delegate = client.with_token(delegated["token"].as_str().unwrap());
    let key = ann.post("/v1.0/accesskeys", json!({})).await.ok();
    let new = json!({ "username": "bob", "password": PASSWORD });
    let bob = ann.post("/v1.0/agents", new).await.ok();
    let bob = format!("/v1.0/agents/{}", bob["id"].as_str().unwrap());
    ann.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
    let change = "/v1.0/customer/email_change";
    for refused in [
        delegate.post("/v1.0/accesskeys", json!({})).await,
        delegate.post("/v1.0/agents", json!({ "username": "eve", "password": PASSWORD })).await,
        delegate.put(&format!("{bob}/password"), json!({ "password": "another password" })).await,
        delegate.put(&format!("{bob}/permission"), json!({ "permission": 0x20 })).await,
        delegate.post("/v1.0/customer/webhook/rotate", json!({})).await,
        delegate.put("/v1.0/customer", json!({ "email": "operator@example.com" })).await,
        delegate.delete(change).await,
    ] {
        assert_eq!(refused.refusal(), (403, "PERMISSION_DENIED".into()), "{}", refused.text);
    }
    // A delegate may send back what it read. That does not cancel the change that waits, as it would for an agent.
    let read = delegate.get("/v1.0/customer").await.ok();
    delegate.put("/v1.0/customer", read).await.ok();
    assert_eq!(delegate.get(change).await.ok()["email"], "new@example.com");

    delegate.put("/v1.0/customer", json!({ "name": "Ann" })).await.ok();
    delegate.put(&bob, json!({ "name": "Bob" })).await.ok();
    delegate.get("/v1.0/accesskeys").await.ok();
    delegate.delete(&format!("/v1.0/accesskeys/{}", key["id"].as_str().unwrap())).await.ok();
    delegate.delete(&bob).await.ok();
}
