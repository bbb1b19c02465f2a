//! The owner of a frozen account is reminded of its deletion.

use custodian_tests::{Client, PASSWORD, event_types};
use serde_json::json;

const DAY: u64 = 86_400;
const REMINDER: &str = "Reminder: your account will be deleted";

async fn reminders(client: &Client) -> Vec<String> {
    client.idle().await;
    let mails = client.get("/_local/mailbox").await.ok();
    let mails = mails["result"].as_array().unwrap().iter().rev().filter(|mail| mail["subject"] == REMINDER);
    mails.map(|mail| mail["text"].as_str().unwrap().lines().next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_is_reminded_fourteen_seven_and_one_days_before_the_purge() {
    let client = Client::start().await;
    let (id, admin) = client.tenant("ann").await;
    admin.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let expected =
        ["in 14 days", "in 7 days", "tomorrow"].map(|when| format!("Your account will be deleted {when}"));
    for (days, count) in [(15, 0), (2, 1), (7, 2), (5, 3)] {
        client.advance(days * DAY + 60).await;
        assert_eq!(reminders(&client).await, expected[..count], "after {days} more days");
    }
    let events = client.published_events(&id).await;
    let reminded =
        event_types(&events).into_iter().filter(|name| *name == "customer_deletion_reminder").count();
    assert_eq!(reminded, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovered_account_and_one_on_hold_get_no_reminder() {
    let client = Client::start().await;
    let (_, recovered) = client.tenant("ann").await;
    let (held, owner) = client.tenant("bob").await;
    recovered.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    client.login("ann", PASSWORD).await.delete("/auth/unregister").await.ok();
    owner.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let operator = client.platform_admin().await;
    operator.put(&format!("/v1.0/customers/{held}/hold"), json!({ "reason": "court order" })).await.ok();
    client.advance(25 * DAY).await;
    assert_eq!(reminders(&client).await, [""; 0]);
    let operator = client.platform_admin().await;
    operator.delete(&format!("/v1.0/customers/{held}/hold")).await.ok();
    client.advance(4 * DAY + 3600).await;
    assert_eq!(reminders(&client).await, ["Your account will be deleted tomorrow"], "the reminders go on");
}

#[tokio::test(flavor = "multi_thread")]
async fn reminders_reach_the_webhook_too() {
    let client = Client::start().await;
    let (id, admin) = client.tenant("ann").await;
    admin.put("/v1.0/customer", json!({ "webhook_uri": "https://example.com/hook" })).await.ok();
    admin.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    client.advance(16 * DAY + 60).await;
    client.login("ann", PASSWORD).await.delete("/auth/unregister").await.ok();
    let ann = client.login("ann", PASSWORD).await;
    let deliveries = ann.get("/v1.0/customer/webhook/deliveries").await.ok().to_string();
    assert!(deliveries.contains("customer_deletion_reminder"), "{id}: {deliveries}");
}
