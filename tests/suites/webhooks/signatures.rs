//! Webhook signatures, verified by an implementation that shares only libraries with the product.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_tests::Tables;
use custodian_tests::seed::assert_no_row_contains;
use custodian_tests::stored_secrets::webhook_secret;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{Received, Receiver, account_with_webhook, send_test_webhook, set_webhook_uri, start};

const DAY: u64 = 86_400;

fn mac(key: &[u8], signed: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(signed);
    mac.finalize().into_bytes().to_vec()
}

/// Whether a signature of a webhook is valid by Standard Webhooks 1.0.0 with this secret.
pub(crate) fn standard_is_valid(received: &Received, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let (id, at) = (received.header("webhook-id").unwrap(), received.header("webhook-timestamp").unwrap());
    let expected = STANDARD.encode(mac(&key, format!("{id}.{at}.{}", received.body).as_bytes()));
    let given = received.header("webhook-signature").unwrap_or_default().split(' ');
    given.filter_map(|one| one.strip_prefix("v1,")).any(|one| one == expected)
}

/// Whether a receiver of VoIPBIN's webhooks accepts a webhook with this secret.
fn voipbin_is_valid(received: &Received, secret: &str) -> bool {
    let expected = hex::encode(mac(secret.as_bytes(), received.body.as_bytes()));
    received.header("x-voipbin-signature") == Some(&format!("sha256={expected}"))
}

async fn rotate(admin: &custodian_tests::Client) -> String {
    let response = admin.post("/v1.0/customer/webhook/rotate", json!({})).await.ok();
    response["secret"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_secret_is_shown_once_also_after_the_first_delivery() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = client.tenant("ann").await;
    set_webhook_uri(&ann, &receiver.uri()).await;
    let first = receiver.take().remove(0);
    let tables = Tables(client.engine().clone());
    let initial = webhook_secret(&tables, &id).current.expose().to_owned();
    assert!(standard_is_valid(&first, &initial) && voipbin_is_valid(&first, &initial));

    assert_eq!(rotate(&ann).await, initial, "the secret that signed the first webhook");
    let shown = ann.get("/v1.0/customer/webhook").await.ok();
    assert_eq!(shown["tm_previous_secret_until"], Value::Null, "it was not replaced");
    send_test_webhook(&ann).await;
    client.idle().await;
    let next = receiver.take().remove(0);
    assert!(standard_is_valid(&next, &initial) && voipbin_is_valid(&next, &initial));

    let second = rotate(&ann).await;
    assert_ne!(second, initial, "a secret is shown once");
    let log = ann.get("/v1.0/customer/audit").await.rows();
    let entries: Vec<_> = log.iter().filter_map(|entry| entry["type"].as_str()).collect();
    let secrets = entries.into_iter().filter(|entry| entry.starts_with("webhook_secret")).collect::<Vec<_>>();
    assert_eq!(secrets, ["webhook_secret_rotated", "webhook_secret_shown", "webhook_secret_created"]);
    send_test_webhook(&ann).await;
    client.idle().await;
    let last = receiver.take().remove(0);
    assert!([&initial, &second].iter().all(|secret| standard_is_valid(&last, secret)));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_see_the_first_secret_once() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = client.tenant("ann").await;
    set_webhook_uri(&ann, &receiver.uri()).await;
    let initial = webhook_secret(&Tables(client.engine().clone()), &id).current.expose().to_owned();
    let shown = futures::future::join_all((0..4).map(|_| rotate(&ann))).await;
    assert_eq!(shown.iter().filter(|secret| **secret == initial).count(), 1);
    let different: std::collections::BTreeSet<_> = shown.iter().collect();
    assert_eq!(different.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_notice_without_earlier_deliveries_is_signed() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = client.tenant("ann").await;
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    ann.put("/v1.0/customer", json!({ "webhook_uri": receiver.uri() })).await.ok();
    client.platform_admin().await.delete(&format!("/v1.0/customers/{id}")).await.ok();
    drop(paused);
    client.idle().await;
    let received = receiver.take();
    assert_eq!(received.iter().map(Received::event_type).collect::<Vec<_>>(), ["customer_deleted"]);
    for name in ["webhook-signature", "x-voipbin-signature"] {
        assert!(received[0].header(name).is_some(), "{name}");
    }
    assert_eq!(Tables(client.engine().clone()).remaining_rows(&id), [], "no secret is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_signatures_are_valid_and_an_altered_byte_or_another_secret_breaks_them() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let secret = rotate(&ann).await;
    ann.post("/v1.0/tags", json!({ "name": "vip ✓" })).await.ok();
    client.idle().await;
    let received = receiver.take().remove(0);
    assert!(standard_is_valid(&received, &secret) && voipbin_is_valid(&received, &secret));
    for at in 0..received.body.len() {
        let mut altered = received.clone();
        let mut bytes = altered.body.into_bytes();
        bytes[at] ^= 1;
        altered.body = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!standard_is_valid(&altered, &secret) && !voipbin_is_valid(&altered, &secret), "byte {at}");
    }
    let other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert!(!standard_is_valid(&received, other) && !voipbin_is_valid(&received, other));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_secret_signs_for_a_day() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let ann = ann.with_access_key().await;
    let (first, second) = (rotate(&ann).await, rotate(&ann).await);
    client.idle().await;
    let mut accepted = Vec::new();
    for wait in [DAY - 60, 120] {
        receiver.take();
        send_test_webhook(&ann).await;
        client.idle().await;
        accepted.push(receiver.take().remove(0));
        client.advance(wait).await;
    }
    send_test_webhook(&ann).await;
    client.idle().await;
    accepted.push(receiver.take().remove(0));
    let accepted_with =
        |secret: &str| accepted.iter().map(|one| standard_is_valid(one, secret)).collect::<Vec<_>>();
    assert_eq!(
        (accepted_with(&first), accepted_with(&second)),
        (vec![true, true, false], vec![true, true, true])
    );
    let accepted_alone_with =
        |secret: &str| accepted.iter().map(|one| voipbin_is_valid(one, secret)).collect::<Vec<_>>();
    assert_eq!(
        (accepted_alone_with(&first), accepted_alone_with(&second)),
        (vec![true, true, false], vec![false, false, true]),
        "the header with one signature has that of the old secret until its day is over"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_of_an_earlier_revision_signs_and_is_encrypted_at_the_next_rotation() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let (first, second) = (rotate(&ann).await, rotate(&ann).await);
    let tables = Tables(client.engine().clone());
    let until = webhook_secret(&tables, &id).previous[0].until.micros();
    let mut row = tables.query("webhooks", "customer_id", &id);
    row.retain(|row| row["key"]["S"] == "secret");
    let stored = row[0].as_object_mut().unwrap();
    stored.remove("encrypted").unwrap();
    let previous = json!({ "M": { "secret": { "S": first }, "until": { "N": until.to_string() } } });
    stored.insert("current".to_owned(), json!({ "S": second }));
    stored.insert("previous".to_owned(), json!({ "L": [previous] }));
    tables.insert("webhooks", &row);
    let shown = ann.get("/v1.0/customer/webhook").await.ok();
    assert_eq!(shown["secret_prefix"], second[..10], "{shown}");

    let third = rotate(&ann).await;
    client.idle().await;
    receiver.take();
    send_test_webhook(&ann).await;
    client.idle().await;
    let received = receiver.take().remove(0);
    assert!([&first, &second, &third].iter().all(|secret| standard_is_valid(&received, secret)));
    assert!(voipbin_is_valid(&received, &third), "an earlier revision did not store whether it was shown");
    assert_no_row_contains(&tables, &[&first, &second, &third]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_of_another_account_is_not_decrypted() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (ann_id, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let (bob_id, bob) = account_with_webhook(&client, "bob", &receiver).await;
    rotate(&ann).await;
    rotate(&bob).await;
    client.idle().await;
    receiver.take();
    let tables = Tables(client.engine().clone());
    let secret_row = |id: &str| {
        let mut rows = tables.query("webhooks", "customer_id", id).into_iter();
        rows.rfind(|row| row["key"]["S"] == "secret").unwrap()
    };
    let mut stolen = secret_row(&ann_id);
    stolen["customer_id"] = json!({ "S": bob_id });
    tables.insert("webhooks", &[stolen]);
    assert_eq!(bob.get("/v1.0/customer/webhook").await.refusal(), (503, "SERVICE_UNAVAILABLE".into()));
    assert_eq!(ann.get("/v1.0/customer/webhook").await.ok()["state"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_never_drops_a_secret_before_its_day_is_over() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = client.tenant("ann").await;
    let ann = ann.with_access_key().await;
    let mut secrets = Vec::new();
    for _ in 0..5 {
        secrets.push(rotate(&ann).await);
    }
    let again = || ann.post("/v1.0/customer/webhook/rotate", json!({}));
    assert_eq!(again().await.refusal(), (409, "STATE_INVALID".to_owned()));
    set_webhook_uri(&ann, &receiver.uri()).await;
    let received = receiver.take().remove(0);
    assert!(secrets.iter().all(|secret| standard_is_valid(&received, secret)));
    assert_eq!(received.header("webhook-signature").unwrap().split(' ').count(), 5);
    client.advance(DAY).await;
    again().await.ok();
}
