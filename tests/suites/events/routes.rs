//! The routes of an account's own webhook.

use custodian_tests::{Client, PASSWORD, Tables};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Receiver, deliveries, events, hooked, micros, point, program, start, test};

const HOOK: &str = "/v1.0/customer/webhook";

fn redeliver(id: &Value) -> String {
    format!("{HOOK}/deliveries/{}/redeliver", id.as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_shows_its_state_and_of_its_secret_no_more_than_the_first_letters() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = client.tenant("ann").await;
    let shown = ann.get(HOOK).await.ok();
    let none = json!({ "webhook_uri": "", "webhook_method": "", "secret_prefix": "", "tm_previous_secret_until": null, "state": "off" });
    assert_eq!(shown, none);
    let service = client.service().clone();
    let still = service.hold_still().await;
    ann.put("/v1.0/customer", json!({ "webhook_uri": receiver.uri(), "webhook_method": "PUT" })).await.ok();
    let shown = ann.get(HOOK).await.ok();
    assert_eq!((&shown["webhook_uri"], &shown["webhook_method"]), (&json!(receiver.uri()), &json!("PUT")));
    assert_eq!((&shown["state"], &shown["secret_prefix"]), (&json!("active"), &json!("")));

    let mut secrets = Vec::new();
    for turn in 0..2 {
        let secret =
            ann.post(&format!("{HOOK}/rotate"), json!({})).await.ok()["secret"].as_str().unwrap().to_owned();
        assert!(secret.starts_with("whsec_") && secret.len() == 38, "{secret}");
        let answer = ann.get(HOOK).await;
        let shown = answer.ok();
        assert_eq!(shown["secret_prefix"], secret[..10]);
        assert!(!answer.text.contains(&secret[10..]));
        if turn == 0 {
            assert_eq!(shown["tm_previous_secret_until"], Value::Null, "nothing was delivered before");
        } else {
            assert!(shown["tm_previous_secret_until"].is_string(), "the first one still signs");
        }
        secrets.push(secret);
    }
    let until = micros(&ann.get(HOOK).await.ok()["tm_previous_secret_until"]);
    drop(still);
    let now = client.post("/_local/idle", json!({})).await.ok()["now"].clone();
    let left = until - micros(&now);
    assert!((86_000_000_000..=86_400_000_000).contains(&left), "both sign for a day: {left}");
    test(&ann).await;
    let listed = json!(deliveries(&ann).await).to_string();
    let published = client.service().published().unwrap().concat();
    for secret in &secrets {
        assert!(!listed.contains(&secret[6..]) && !published.contains(&secret[6..]));
    }
    assert_ne!(secrets[0], secrets[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_is_repeated_with_its_key_gives_the_same_secret_and_keeps_it_sealed() {
    let client = start().await;
    let (_, ann) = client.tenant("ann").await;
    let rotate =
        || ann.request(reqwest::Method::POST, &format!("{HOOK}/rotate")).header("idempotency-key", "once");
    let (first, again) = (ann.send(rotate()).await.ok(), ann.send(rotate()).await.ok());
    assert_eq!(first, again);
    assert_eq!(ann.get(HOOK).await.ok()["tm_previous_secret_until"], Value::Null, "it was made once");
    let secret = first["secret"].as_str().unwrap();
    let dump = Tables(client.engine().clone()).dump();
    let holding: Vec<_> =
        dump.iter().filter(|(_, rows)| rows.iter().any(|row| row.contains(secret))).collect();
    assert_eq!(holding.iter().map(|(table, _)| table.as_str()).collect::<Vec<_>>(), ["webhooks"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_come_near_it() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    let delivery = test(&ann).await;
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
        for path in [HOOK.to_owned(), format!("{HOOK}/deliveries")] {
            assert_eq!(caller.get(&path).await.refusal(), refusal, "{path}");
        }
        for path in [format!("{HOOK}/rotate"), format!("{HOOK}/test"), redeliver(&delivery)] {
            assert_eq!(caller.post(&path, json!({})).await.refusal(), refusal, "{path}");
        }
    }
    client.idle().await;
    assert!(receiver.take().is_empty());
    assert_eq!(ann.get(HOOK).await.ok()["tm_previous_secret_until"], Value::Null, "nobody has rotated it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_so() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = client.tenant("ann").await;
    let not_configured = (409, "WEBHOOK_NOT_CONFIGURED".to_owned());
    let not_found = (404, "DELIVERY_NOT_FOUND".to_owned());
    assert_eq!(ann.post(&format!("{HOOK}/test"), json!({})).await.refusal(), not_configured);
    for id in [Uuid::nil().to_string(), Uuid::from_u128(7).to_string()] {
        assert_eq!(ann.post(&redeliver(&json!(id)), json!({})).await.refusal(), not_found);
    }
    point(&ann, &receiver.uri()).await;
    let known = deliveries(&ann).await.remove(0)["id"].clone();
    point(&ann, "").await;
    assert_eq!(ann.post(&redeliver(&known), json!({})).await.refusal(), not_configured);
    assert_eq!(deliveries(&ann).await.len(), 1, "what happens while there is no destination goes nowhere");
    assert_eq!(receiver.take().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_each_accounts_own() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    let (_, bob) = hooked(&client, "bob", &receiver).await;
    let (hers, his) = (test(&ann).await, test(&bob).await);
    client.idle().await;
    receiver.take();
    let ids = |rows: Vec<Value>| rows.into_iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
    let (of_ann, of_bob) = (ids(deliveries(&ann).await), ids(deliveries(&bob).await));
    assert!(of_ann.contains(&hers) && of_bob.contains(&his));
    assert!(!of_ann.iter().any(|id| of_bob.contains(id)));
    let refused = bob.post(&redeliver(&hers), json!({})).await;
    assert_eq!(refused.refusal(), (404, "DELIVERY_NOT_FOUND".into()));
    client.idle().await;
    assert!(receiver.take().is_empty());
}

/// Makes so many tags, each of which is told.
async fn tags(ann: &Client, many: usize) {
    for number in 0..many {
        ann.post("/v1.0/tags", json!({ "name": format!("tag {number}") })).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_shown_in_pages_newest_first_and_go_with_the_account() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = hooked(&client, "ann", &receiver).await;
    tags(&ann, 70).await;
    let mut sent = Vec::new();
    for _ in 0..33 {
        sent.push(test(&ann).await);
    }
    let shown = deliveries(&ann).await;
    let ids: Vec<_> = shown.iter().map(|row| row["id"].clone()).collect();
    assert_eq!(ids[..33], sent.iter().rev().cloned().collect::<Vec<_>>());
    let kinds: Vec<_> = shown[33..].iter().map(|row| row["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["tag_created"; 67]);
    let path = format!("{HOOK}/deliveries");
    let paged: Vec<_> = ann.pages(&path, 40).await.iter().map(|page| page.rows().len()).collect();
    assert_eq!(paged, [40, 40, 24], "and that of the destination itself");
    for wrong in ["page_size=many", "page_token=nothing"] {
        let refused = ann.get(&format!("{path}?{wrong}")).await.refusal();
        assert_eq!(refused, (400, "INVALID_REQUEST_PARAMETER".into()), "{wrong}");
    }
    let tables = Tables(client.engine().clone());
    assert_eq!(
        tables.query("webhooks", "customer_id", &id).len(),
        105,
        "103, that of the destination itself, and the secret"
    );
    client.operator().await.delete(&format!("/v1.0/customers/{id}")).await.ok();
    let erased = events(&client, &id).await.pop().unwrap();
    assert_eq!((&erased["type"], &erased["removed"]["webhooks"]), (&json!("customer_erased"), &json!(105)));
    assert!(tables.query("webhooks", "customer_id", &id).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_over_after_thirty_days_even_if_its_row_is_still_there() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = hooked(&client, "ann", &receiver).await;
    let ann = program(&ann).await;
    let old = test(&ann).await;
    // More than one page of what has ended.
    tags(&ann, 130).await;
    client.advance(30 * 86_400 - 60).await;
    assert_eq!(deliveries(&ann).await.len(), 100);
    client.advance(3600).await;
    let new = test(&ann).await;
    receiver.take();
    let shown: Vec<_> = deliveries(&ann).await.into_iter().map(|row| row["id"].clone()).collect();
    assert_eq!(shown, [new]);
    let rows = Tables(client.engine().clone()).query("webhooks", "customer_id", &id);
    assert!(rows.len() > 130, "nothing has removed them");
    assert_eq!(ann.post(&redeliver(&old), json!({})).await.refusal(), (404, "DELIVERY_NOT_FOUND".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_webhooks_an_hour_are_sent_on_request_and_no_more() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    let (_, bob) = hooked(&client, "bob", &receiver).await;
    let mut last = Value::Null;
    for _ in 0..59 {
        last = test(&ann).await;
    }
    client.idle().await;
    ann.post(&redeliver(&last), json!({})).await.ok();
    client.idle().await;
    assert_eq!(receiver.take().len(), 60);
    for path in [format!("{HOOK}/test"), redeliver(&last)] {
        let refused = ann.post(&path, json!({})).await;
        assert_eq!(refused.refusal(), (429, "RATE_LIMIT_EXCEEDED".into()));
        let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=3600).contains(&wait), "{wait}");
    }
    client.idle().await;
    assert!(receiver.take().is_empty());
    test(&bob).await;
    client.advance(3600).await;
    test(&ann).await;
    client.idle().await;
    assert_eq!(receiver.take().len(), 2, "others may, and an hour later everybody may again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_webhooks_never_go_to_is_shown_as_refused() {
    for (anywhere, state) in [(false, "refused"), (true, "active")] {
        let client = if anywhere { start().await } else { Client::start().await };
        let (_, ann) = client.tenant("ann").await;
        for (uri, state) in [
            ("http://127.0.0.1:8080/", state),
            ("https://example.invalid:22/", state),
            ("https://user:password@example.invalid/", "refused"),
            ("https://example.invalid/hook", "active"),
        ] {
            ann.put("/v1.0/customer", json!({ "webhook_uri": uri })).await.ok();
            assert_eq!(ann.get(HOOK).await.ok()["state"], state, "{uri}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_account_is_told_and_may_not_touch_its_webhook() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, _) = hooked(&client, "ann", &receiver).await;
    client.operator().await.post(&format!("/v1.0/customers/{id}/freeze"), json!({})).await.ok();
    client.idle().await;
    assert_eq!(receiver.take().iter().map(super::Received::kind).collect::<Vec<_>>(), ["customer_frozen"]);
    let ann: Client = client.login("ann", PASSWORD).await;
    let frozen = (403, "ACCOUNT_FROZEN".to_owned());
    assert_eq!(ann.get(HOOK).await.refusal(), frozen);
    assert_eq!(ann.post(&format!("{HOOK}/test"), json!({})).await.refusal(), frozen);
}
