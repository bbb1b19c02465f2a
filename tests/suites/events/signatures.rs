//! Who receives a webhook can tell whose it is: both signatures, by an implementation that shares no code with ours.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_tests::Tables;
use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::{Received, Receiver, hooked, point, program, start, test};

const DAY: u64 = 86_400;

fn mac(key: &[u8], signed: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(signed);
    mac.finalize().into_bytes().to_vec()
}

/// Whether a receiver that follows Standard Webhooks 1.0.0 accepts this under a secret.
pub(crate) fn standard(received: &Received, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let (id, at) = (received.header("webhook-id").unwrap(), received.header("webhook-timestamp").unwrap());
    let wanted = STANDARD.encode(mac(&key, format!("{id}.{at}.{}", received.body).as_bytes()));
    let given = received.header("webhook-signature").unwrap_or_default().split(' ');
    given.filter_map(|one| one.strip_prefix("v1,")).any(|one| one == wanted)
}

/// Whether a receiver of the production system accepts this under a secret.
fn voipbin(received: &Received, secret: &str) -> bool {
    let wanted = hex::encode(mac(secret.as_bytes(), received.body.as_bytes()));
    received.header("x-voipbin-signature") == Some(&format!("sha256={wanted}"))
}

async fn rotate(admin: &custodian_tests::Client) -> String {
    let answer = admin.post("/v1.0/customer/webhook/rotate", json!({})).await.ok();
    answer["secret"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_signed_from_the_beginning_under_a_secret_that_nobody_has_seen() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = client.tenant("ann").await;
    point(&ann, &receiver.uri()).await;
    let first = receiver.take().remove(0);
    let tables = Tables(client.engine().clone());
    let rows = tables.query("webhooks", "customer_id", &id);
    let kept =
        rows.iter().find(|row| row["key"]["S"] == "secret").expect("it was made for the first delivery");
    let unseen = kept["current"]["S"].as_str().unwrap().to_owned();
    assert!(standard(&first, &unseen) && voipbin(&first, &unseen));

    let shown = rotate(&ann).await;
    assert_ne!(shown, unseen);
    test(&ann).await;
    client.idle().await;
    let next = receiver.take().remove(0);
    assert!(standard(&next, &shown) && voipbin(&next, &shown));
    assert!(standard(&next, &unseen), "and for a day under the one before as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_first_of_an_account_is_its_end_and_that_is_signed_too() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = client.tenant("ann").await;
    let service = client.service().clone();
    let still = service.hold_still().await;
    ann.put("/v1.0/customer", json!({ "webhook_uri": receiver.uri() })).await.ok();
    client.operator().await.delete(&format!("/v1.0/customers/{id}")).await.ok();
    drop(still);
    client.idle().await;
    let told = receiver.take();
    assert_eq!(told.iter().map(Received::kind).collect::<Vec<_>>(), ["customer_deleted"]);
    for name in ["webhook-signature", "x-voipbin-signature"] {
        assert!(told[0].header(name).is_some(), "{name}");
    }
    assert_eq!(Tables(client.engine().clone()).left_of(&id), [], "and no secret stays behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_signatures_hold_and_one_altered_byte_or_another_secret_breaks_them() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    let secret = rotate(&ann).await;
    ann.post("/v1.0/tags", json!({ "name": "vip ✓" })).await.ok();
    client.idle().await;
    let received = receiver.take().remove(0);
    assert!(standard(&received, &secret) && voipbin(&received, &secret));
    for at in 0..received.body.len() {
        let mut altered = received.clone();
        let mut bytes = altered.body.into_bytes();
        bytes[at] ^= 1;
        altered.body = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!standard(&altered, &secret) && !voipbin(&altered, &secret), "byte {at}");
    }
    let other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert!(!standard(&received, other) && !voipbin(&received, other));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_replaced_signs_for_a_day_and_then_no_more() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    let ann = program(&ann).await;
    let (first, second) = (rotate(&ann).await, rotate(&ann).await);
    client.idle().await;
    let mut accepted = Vec::new();
    for wait in [DAY - 60, 120] {
        receiver.take();
        test(&ann).await;
        client.idle().await;
        accepted.push(receiver.take().remove(0));
        client.advance(wait).await;
    }
    test(&ann).await;
    client.idle().await;
    accepted.push(receiver.take().remove(0));
    let by = |secret: &str| accepted.iter().map(|one| standard(one, secret)).collect::<Vec<_>>();
    assert_eq!((by(&first), by(&second)), (vec![true, true, false], vec![true, true, true]));
    assert!(accepted.iter().all(|one| voipbin(one, &second)), "which has room for one");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_rotation_takes_a_secret_from_receivers_before_its_day_is_over() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = client.tenant("ann").await;
    let ann = program(&ann).await;
    let mut secrets = Vec::new();
    for _ in 0..5 {
        secrets.push(rotate(&ann).await);
    }
    let again = || ann.post("/v1.0/customer/webhook/rotate", json!({}));
    assert_eq!(again().await.refusal(), (409, "STATE_INVALID".to_owned()));
    point(&ann, &receiver.uri()).await;
    let told = receiver.take().remove(0);
    assert!(secrets.iter().all(|secret| standard(&told, secret)));
    assert_eq!(told.header("webhook-signature").unwrap().split(' ').count(), 5);
    client.advance(DAY).await;
    again().await.ok();
}
