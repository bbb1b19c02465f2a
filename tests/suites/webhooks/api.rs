//! The routes below `/v1.0/customer/webhook`: the first endpoint of an account, and its deliveries.

use custodian_tests::seed::assert_no_row_contains;
use custodian_tests::{Client, PASSWORD, Tables, micros};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::forbidden_destinations::store_destination;
use crate::{Receiver, account_with_webhook, deliveries, send_test_webhook, set_webhook_uri, start};

pub(crate) const WEBHOOK: &str = "/v1.0/customer/webhook";

pub(crate) fn redeliver(id: &Value) -> String {
    format!("{WEBHOOK}/deliveries/{}/redeliver", id.as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_shows_its_state_and_only_the_prefix_of_its_secret() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = client.tenant("ann").await;
    let shown = ann.get(WEBHOOK).await.ok();
    let customer = ann.get("/v1.0/customer").await.ok();
    let none = json!({ "id": id, "customer_id": id, "webhook_uri": "", "webhook_method": "", "event_types": [],
        "secret_prefix": "", "tm_previous_secret_until": null, "state": "off", "tm_failing_until": null,
        "tm_create": customer["tm_create"], "tm_update": customer["tm_update"] });
    assert_eq!(shown, none);
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    ann.put("/v1.0/customer", json!({ "webhook_uri": receiver.uri(), "webhook_method": "PUT" })).await.ok();
    let shown = ann.get(WEBHOOK).await.ok();
    assert_eq!((&shown["webhook_uri"], &shown["webhook_method"]), (&json!(receiver.uri()), &json!("PUT")));
    assert_eq!((&shown["state"], &shown["secret_prefix"]), (&json!("active"), &json!("")));

    let mut secrets = Vec::new();
    for rotation in 0..2 {
        let secret = ann.post(&format!("{WEBHOOK}/rotate"), json!({})).await.ok()["secret"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(secret.starts_with("whsec_") && secret.len() == 38, "{secret}");
        let response = ann.get(WEBHOOK).await;
        let shown = response.ok();
        assert_eq!(shown["secret_prefix"], secret[..10]);
        assert!(!response.text.contains(&secret[10..]));
        if rotation == 0 {
            assert_eq!(shown["tm_previous_secret_until"], Value::Null, "no secret was in use before");
        } else {
            assert!(shown["tm_previous_secret_until"].is_string(), "the previous secret still signs");
        }
        secrets.push(secret);
    }
    let until = micros(&ann.get(WEBHOOK).await.ok()["tm_previous_secret_until"]);
    drop(paused);
    let now = client.post("/_local/idle", json!({})).await.ok()["now"].clone();
    let left = until - micros(&now);
    assert!((86_000_000_000..=86_400_000_000).contains(&left), "both secrets sign for a day: {left}");
    send_test_webhook(&ann).await;
    let listed = json!(deliveries(&ann).await).to_string();
    let published = client.service().published_events().unwrap().concat();
    for secret in &secrets {
        assert!(!listed.contains(&secret[6..]) && !published.contains(&secret[6..]));
    }
    assert_ne!(secrets[0], secrets[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_rotation_returns_the_same_secret_and_stores_it_encrypted() {
    let client = start().await;
    let (_, ann) = client.tenant("ann").await;
    let rotate =
        || ann.request(reqwest::Method::POST, &format!("{WEBHOOK}/rotate")).header("idempotency-key", "once");
    let (first, again) = (ann.send(rotate()).await.ok(), ann.send(rotate()).await.ok());
    assert_eq!(first, again);
    assert_eq!(ann.get(WEBHOOK).await.ok()["tm_previous_secret_until"], Value::Null, "rotated once");
    let secret = first["secret"].as_str().unwrap();
    assert_no_row_contains(&Tables(client.engine().clone()), &[secret]);
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_manager_nor_an_anonymous_caller_may_use_the_webhook_api() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let delivery = send_test_webhook(&ann).await;
    client.idle().await;
    receiver.take();
    let body = json!({ "username": "bob", "password": PASSWORD, "permission": 0x40, "addresses": [] });
    ann.post("/v1.0/agents", body).await.ok();
    client.idle().await;
    receiver.take();
    let manager = client.login("bob", PASSWORD).await;
    for (caller, refusal) in
        [(&manager, (403, "PERMISSION_DENIED")), (&client, (401, "AUTHENTICATION_REQUIRED"))]
    {
        let refusal = (refusal.0, refusal.1.to_owned());
        for path in [WEBHOOK.to_owned(), format!("{WEBHOOK}/deliveries")] {
            assert_eq!(caller.get(&path).await.refusal(), refusal, "{path}");
        }
        for path in [format!("{WEBHOOK}/rotate"), format!("{WEBHOOK}/test"), redeliver(&delivery)] {
            assert_eq!(caller.post(&path, json!({})).await.refusal(), refusal, "{path}");
        }
    }
    client.idle().await;
    assert!(receiver.take().is_empty());
    assert_eq!(
        ann.get(WEBHOOK).await.ok()["tm_previous_secret_until"],
        Value::Null,
        "a refused rotation changes nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_webhooks_and_deliveries_are_reported() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = client.tenant("ann").await;
    let not_configured = (409, "WEBHOOK_NOT_CONFIGURED".to_owned());
    let not_found = (404, "DELIVERY_NOT_FOUND".to_owned());
    assert_eq!(ann.post(&format!("{WEBHOOK}/test"), json!({})).await.refusal(), not_configured);
    for id in [Uuid::nil().to_string(), Uuid::from_u128(7).to_string()] {
        assert_eq!(ann.post(&redeliver(&json!(id)), json!({})).await.refusal(), not_found);
    }
    set_webhook_uri(&ann, &receiver.uri()).await;
    let delivery = deliveries(&ann).await.remove(0)["id"].clone();
    set_webhook_uri(&ann, "").await;
    assert_eq!(ann.post(&redeliver(&delivery), json!({})).await.refusal(), not_configured);
    assert_eq!(deliveries(&ann).await.len(), 1, "events without a destination are not delivered");
    assert_eq!(receiver.take().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_sixty_webhooks_an_hour_are_sent_on_request() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let (_, bob) = account_with_webhook(&client, "bob", &receiver).await;
    let mut last = Value::Null;
    for _ in 0..59 {
        last = send_test_webhook(&ann).await;
    }
    client.idle().await;
    ann.post(&redeliver(&last), json!({})).await.ok();
    client.idle().await;
    assert_eq!(receiver.take().len(), 60);
    for path in [format!("{WEBHOOK}/test"), redeliver(&last)] {
        let refused = ann.post(&path, json!({})).await;
        assert_eq!(refused.refusal(), (429, "RATE_LIMIT_EXCEEDED".into()));
        let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=3600).contains(&wait), "{wait}");
    }
    client.idle().await;
    assert!(receiver.take().is_empty());
    send_test_webhook(&bob).await;
    client.advance(3600).await;
    send_test_webhook(&ann).await;
    client.idle().await;
    assert_eq!(receiver.take().len(), 2, "other accounts are unaffected, and the limit resets after an hour");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forbidden_destination_is_shown_as_refused() {
    for (loopback_allowed, state) in [(false, "refused"), (true, "active")] {
        let client = if loopback_allowed { start().await } else { Client::start().await };
        let (id, ann) = client.tenant("ann").await;
        for (uri, state) in [
            ("http://127.0.0.1:8080/", state),
            ("https://example.invalid:22/", state),
            ("https://user:password@example.invalid/", "refused"),
            ("https://example.invalid/hook", "active"),
        ] {
            store_destination(&client, &id, uri);
            assert_eq!(ann.get(WEBHOOK).await.ok()["state"], state, "{uri}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_account_gets_webhooks_but_cannot_use_the_webhook_api() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, _) = account_with_webhook(&client, "ann", &receiver).await;
    client.platform_admin().await.post(&format!("/v1.0/customers/{id}/freeze"), json!({})).await.ok();
    client.idle().await;
    assert_eq!(
        receiver.take().iter().map(super::Received::event_type).collect::<Vec<_>>(),
        ["customer_frozen"]
    );
    let ann: Client = client.login("ann", PASSWORD).await;
    let frozen = (403, "ACCOUNT_FROZEN".to_owned());
    assert_eq!(ann.get(WEBHOOK).await.refusal(), frozen);
    assert_eq!(ann.post(&format!("{WEBHOOK}/test"), json!({})).await.refusal(), frozen);
}
