//! Platform admins who act as a customer's guest.

use custodian_tests::{Client, PASSWORD, Tables};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_delegate_acts_as_the_guest_for_eight_hours() {
    let client = Client::start().await;
    let (id, _) = client.tenant("ann").await;
    let operator = client.operator().await;
    let body = json!({ "customer_id": id, "reason": "ticket 4711: cannot log in" });
    let delegated = operator.post("/auth/delegate", body.clone()).await.ok();
    assert_eq!(delegated["customer_id"], id);
    let delegate = client.with_token(delegated["token"].as_str().unwrap());
    assert_eq!(delegate.get("/v1.0/me").await.ok()["username"], format!("guest-{id}"));
    delegate.post("/v1.0/tags", json!({ "name": "x" })).await.ok();
    let denied = (403, "PERMISSION_DENIED".to_owned());
    let leaving = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE" });
    assert_eq!(delegate.post("/auth/unregister", leaving).await.refusal(), denied);
    assert_eq!(delegate.post("/auth/delegate", body.clone()).await.refusal(), denied);
    assert_eq!(delegate.get("/v1.0/customers").await.refusal(), denied);
    client.advance(8 * 3600 + 1).await;
    assert_eq!(delegate.get("/v1.0/me").await.refusal(), (401, "INVALID_CREDENTIALS".into()));

    let operator = client.operator().await;
    let delegated = operator.post("/auth/delegate", body).await.ok();
    let delegate = client.with_token(delegated["token"].as_str().unwrap());
    delegate.get("/v1.0/me").await.ok();
    operator.post("/auth/logout", json!({})).await.ok();
    let dead = delegate.get("/v1.0/me").await;
    assert_eq!(dead.refusal(), (401, "INVALID_CREDENTIALS".into()), "it dies with its operator's own tokens");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delegation_takes_a_reason_and_a_living_customer() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let operator = client.operator().await;
    for (customer, reason) in
        [(&*id, "short"), (&id, &*"x".repeat(201)), (&id, "ünprintable reason"), ("x", "a good reason")]
    {
        let answer =
            operator.post("/auth/delegate", json!({ "customer_id": customer, "reason": reason })).await;
        assert_eq!(answer.refusal(), (400, "INVALID_ARGUMENT".into()), "{customer} {reason}");
    }
    let good = json!({ "customer_id": id, "reason": "a good reason" });
    assert_eq!(ann.post("/auth/delegate", good.clone()).await.refusal(), (403, "PERMISSION_DENIED".into()));
    let unknown = json!({ "customer_id": "5e4a0680-804e-11ec-8477-2fea5968d85b", "reason": "a good reason" });
    assert_eq!(operator.post("/auth/delegate", unknown).await.refusal(), (404, "CUSTOMER_NOT_FOUND".into()));
    operator.delete(&format!("/v1.0/customers/{id}")).await.ok();
    assert_eq!(operator.post("/auth/delegate", good).await.refusal(), (404, "CUSTOMER_NOT_FOUND".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_delegation_is_noted_with_the_account_and_none_that_was_refused() {
    let client = Client::start().await;
    let (id, _) = client.tenant("ann").await;
    let operator = client.operator().await;
    let me = operator.get("/v1.0/me").await.ok();
    let notes = || Tables(client.engine().clone()).scan("audits");
    let refused = operator.post("/auth/delegate", json!({ "customer_id": id, "reason": "short" })).await;
    assert_eq!((refused.status, notes().len()), (400, 0));
    for reason in ["ticket 4711: cannot log in", "ticket 4712: still cannot"] {
        operator.post("/auth/delegate", json!({ "customer_id": id, "reason": reason })).await.ok();
    }
    let mut noted = notes();
    noted.sort_by_key(|note| note["id"]["S"].as_str().unwrap().to_owned());
    let reasons: Vec<_> = noted.iter().map(|note| note["reason"]["S"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["ticket 4711: cannot log in", "ticket 4712: still cannot"]);
    for note in &noted {
        assert_eq!((&note["customer_id"]["S"], &note["operator"]["S"]), (&json!(id), &me["id"]));
        assert!(note["tm_create"]["N"].is_string(), "{note}");
    }
}
