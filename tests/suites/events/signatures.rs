//! Who receives a webhook can tell whose it is: both signatures, by an implementation that shares no code with ours.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::{Received, Receiver, hooked, program, start, test};

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
async fn an_account_without_a_secret_gets_webhooks_with_an_id_a_time_and_no_signature() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = hooked(&client, "ann", &receiver).await;
    let id = test(&ann).await;
    client.idle().await;
    let received = receiver.take().remove(0);
    assert_eq!(received.header("webhook-id"), Some(&*format!("msg_{}", id.as_str().unwrap())));
    assert!(received.header("webhook-timestamp").is_some());
    for name in ["webhook-signature", "x-voipbin-signature"] {
        assert_eq!(received.header(name), None);
    }
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
async fn a_new_secret_and_the_one_before_sign_for_a_day_and_then_the_new_one_alone() {
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
    let third = rotate(&ann).await;
    test(&ann).await;
    client.idle().await;
    let last = receiver.take().remove(0);
    let signing = [&first, &second, &third].map(|secret| standard(&last, secret));
    assert_eq!(signing, [false, true, true], "never more than two");
}
