//! What proves to a receiver that a webhook is ours: two signatures, both HMAC-SHA256 (RFC 2104) of the exact bytes sent.
//!
//! | header | value | key | signed |
//! |---|---|---|---|
//! | `X-VoIPBIN-Signature` | `sha256=` and 64 hex digits | the secret as it is shown | the body |
//! | `webhook-signature` | `v1,` and base 64, once per secret, spaces between | the bytes that the secret stands for | `{id}.{seconds}.{body}` |
//!
//! The first is as in the production system, whose receivers put the text that they were shown into their HMAC. It has
//! room for one signature and so takes the current secret: a receiver that still has the previous one answers 4xx, and a
//! later attempt finds it up to date. The second is that of Standard Webhooks 1.0.0.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_domain::Timestamp;
use ring::hmac;

use crate::message::MessageId;
use crate::secret::{SecretSet, SigningSecret};

/// The header of the production system, in the form in which `http` wants names.
pub const VOIPBIN_SIGNATURE: &str = "x-voipbin-signature";
/// The id of the message, the same at every attempt.
pub const WEBHOOK_ID: &str = "webhook-id";
/// The instant of this attempt, in whole seconds since the Unix epoch.
pub const WEBHOOK_TIMESTAMP: &str = "webhook-timestamp";
pub const WEBHOOK_SIGNATURE: &str = "webhook-signature";

/// The value of `X-VoIPBIN-Signature`.
pub fn voipbin(secret: &SigningSecret, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    format!("sha256={}", hex::encode(hmac::sign(&key, body)))
}

/// The value of `webhook-signature` for an attempt at `now`: one signature for each secret that is in use then.
pub fn standard(secrets: &SecretSet, id: &MessageId, now: Timestamp, body: &[u8]) -> String {
    let signatures: Vec<_> = secrets.in_use(now).map(|secret| one(secret, id, now, body)).collect();
    signatures.join(" ")
}

fn one(secret: &SigningSecret, id: &MessageId, now: Timestamp, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret.bytes());
    let mut signed = hmac::Context::with_key(&key);
    signed.update(format!("{id}.{}.", now.seconds()).as_bytes());
    signed.update(body);
    format!("v1,{}", STANDARD.encode(signed.sign()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hmac::{Hmac, Mac};
    use sha2::Sha256;

    use super::{STANDARD, standard, voipbin};
    use crate::{MessageId, SecretSet, SigningSecret};
    use base64::Engine;
    use custodian_domain::Timestamp;

    /// The example that the libraries of Standard Webhooks are tested with.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SENT: Timestamp = Timestamp::from_micros(1_614_265_330_999_999);
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn secret() -> SigningSecret {
        SigningSecret::parse(SECRET).unwrap()
    }

    fn id() -> MessageId {
        MessageId::new(ID).unwrap()
    }

    /// A receiver, written with another implementation of HMAC and without this crate's code.
    fn receiver_accepts(shown: &str, id: &str, seconds: &str, header: &str, body: &[u8]) -> bool {
        let key = STANDARD.decode(&shown[6..]).unwrap();
        header.split(' ').filter_map(|one| one.strip_prefix("v1,")).any(|given| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(&[id.as_bytes(), b".", seconds.as_bytes(), b".", body].concat());
            STANDARD.decode(given).is_ok_and(|given| mac.verify_slice(&given).is_ok())
        })
    }

    #[test]
    fn the_documented_example_has_the_documented_signature() {
        assert_eq!(standard(&SecretSet::new(secret()), &id(), SENT, BODY), SIGNATURE);
    }

    #[test]
    fn while_a_secret_is_replaced_receivers_with_either_accept_and_afterwards_the_new_alone() {
        let fresh = SigningSecret::new([9; 24]);
        let until = SENT.plus(Duration::from_secs(60));
        let set = SecretSet::new(fresh.clone()).and(secret(), until);
        let (during, after) = (standard(&set, &id(), SENT, BODY), standard(&set, &id(), until, BODY));
        assert!(during.ends_with(&format!(" {SIGNATURE}")), "{during}");
        for shown in [SECRET, fresh.expose()] {
            assert!(receiver_accepts(shown, ID, "1614265330", &during, BODY));
        }
        assert!(receiver_accepts(fresh.expose(), ID, "1614265390", &after, BODY));
        assert!(!receiver_accepts(SECRET, ID, "1614265390", &after, BODY));
    }

    #[test]
    fn a_receiver_refuses_a_changed_byte_another_id_and_another_instant() {
        let header = standard(&SecretSet::new(secret()), &id(), SENT, BODY);
        for at in 0..BODY.len() {
            let mut changed = BODY.to_vec();
            changed[at] ^= 1;
            assert!(!receiver_accepts(SECRET, ID, "1614265330", &header, &changed), "byte {at}");
        }
        assert!(!receiver_accepts(SECRET, "msg_other", "1614265330", &header, BODY));
        assert!(!receiver_accepts(SECRET, ID, "1614265331", &header, BODY));
    }

    #[test]
    fn the_production_signature_is_the_hex_hmac_of_the_body_under_the_text_that_was_shown() {
        // printf '{"test": 2432232314}' | openssl dgst -sha256 -hmac whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
        let by_openssl = "80ec8a89ce3cd22133a1066caecb4d04fea7467657c8514d717ec42c38a5c94c";
        assert_eq!(voipbin(&secret(), BODY), format!("sha256={by_openssl}"));
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(BODY);
        assert_eq!(hex::encode(mac.finalize().into_bytes()), by_openssl);
    }
}
