//! The signatures of a webhook. Both are HMAC-SHA256 (RFC 2104) of the exact bytes that are sent.
//!
//! | header | value | key | signed |
//! |---|---|---|---|
//! | `X-VoIPBIN-Signature` | `sha256=` and 64 hex digits | the text of the secret | the body |
//! | `webhook-signature` | `v1,` and base64 for each valid secret, separated by spaces | the decoded bytes of the secret | `{id}.{seconds}.{body}` |
//!
//! The first is the signature of VoIPBIN's API, whose receivers use the text of the secret as the key and compare the whole header.
//! So it has one signature: during a rotation that of the replaced secret, if a response is known to have shown it, until that
//! secret expires. The second is the signature of Standard Webhooks 1.0.0.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_domain::Timestamp;
use ring::hmac;

use crate::message_id::MessageId;
use crate::secret::{SecretSet, SigningSecret};

/// The header of VoIPBIN's API, in lower case like every name in the crate `http`.
pub const VOIPBIN_SIGNATURE: &str = "x-voipbin-signature";
/// The header with the id of the message, which is the same at every attempt.
pub const WEBHOOK_ID: &str = custodian_domain::webhook::ID_HEADER;
/// The header with the time of this attempt, in whole seconds since the Unix epoch.
pub const WEBHOOK_TIMESTAMP: &str = "webhook-timestamp";
/// The header of Standard Webhooks.
pub const WEBHOOK_SIGNATURE: &str = "webhook-signature";

/// The value of `X-VoIPBIN-Signature` for an attempt at `now`.
pub fn voipbin(secrets: &SecretSet, now: Timestamp, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secrets.single_at(now).expose().as_bytes());
    format!("sha256={}", hex::encode(hmac::sign(&key, body)))
}

/// The value of `webhook-signature` for an attempt at `now`: one signature for each valid secret.
pub fn standard_webhooks(secrets: &SecretSet, id: &MessageId, now: Timestamp, body: &[u8]) -> String {
    let signatures: Vec<_> = secrets.valid_at(now).map(|secret| sign(secret, id, now, body)).collect();
    signatures.join(" ")
}

fn sign(secret: &SigningSecret, id: &MessageId, now: Timestamp, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret.bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("{id}.{}.", now.seconds()).as_bytes());
    context.update(body);
    format!("v1,{}", STANDARD.encode(context.sign()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hmac::{Hmac, Mac};
    use sha2::Sha256;

    use super::{STANDARD, standard_webhooks, voipbin};
    use crate::{MessageId, ReplacedSecret, SecretSet, SigningSecret};
    use base64::Engine;
    use custodian_domain::Timestamp;

    /// The example in the tests of the Standard Webhooks libraries.
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

    /// A receiver with another implementation of HMAC, and without this crate's code.
    fn receiver_accepts(secret: &str, id: &str, seconds: &str, header: &str, body: &[u8]) -> bool {
        let key = STANDARD.decode(&secret[6..]).unwrap();
        header.split(' ').filter_map(|signature| signature.strip_prefix("v1,")).any(|given| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(&[id.as_bytes(), b".", seconds.as_bytes(), b".", body].concat());
            STANDARD.decode(given).is_ok_and(|given| mac.verify_slice(&given).is_ok())
        })
    }

    #[test]
    fn the_documented_example_has_the_documented_signature() {
        assert_eq!(standard_webhooks(&SecretSet::new(secret()), &id(), SENT, BODY), SIGNATURE);
    }

    #[test]
    fn both_secrets_are_accepted_during_a_rotation_and_a_single_signature_is_that_of_the_old_one() {
        let fresh = SigningSecret::new([9; 24]);
        let until = SENT.plus(Duration::from_secs(60));
        let replaced = ReplacedSecret { secret: secret(), until, is_shown: true };
        let set = SecretSet::new(fresh.clone()).with_previous(replaced);
        let voipbin_with = |secret: &SigningSecret| voipbin(&SecretSet::new(secret.clone()), SENT, BODY);
        assert_eq!(voipbin(&set, SENT, BODY), voipbin_with(&secret()));
        assert_eq!(voipbin(&set, until, BODY), voipbin_with(&fresh));
        let (during, after) =
            (standard_webhooks(&set, &id(), SENT, BODY), standard_webhooks(&set, &id(), until, BODY));
        assert!(during.ends_with(&format!(" {SIGNATURE}")), "{during}");
        for secret in [SECRET, fresh.expose()] {
            assert!(receiver_accepts(secret, ID, "1614265330", &during, BODY));
        }
        assert!(receiver_accepts(fresh.expose(), ID, "1614265390", &after, BODY));
        assert!(!receiver_accepts(SECRET, ID, "1614265390", &after, BODY));
    }

    #[test]
    fn a_receiver_refuses_a_changed_byte_another_id_and_another_time() {
        let header = standard_webhooks(&SecretSet::new(secret()), &id(), SENT, BODY);
        for at in 0..BODY.len() {
            let mut changed = BODY.to_vec();
            changed[at] ^= 1;
            assert!(!receiver_accepts(SECRET, ID, "1614265330", &header, &changed), "byte {at}");
        }
        assert!(!receiver_accepts(SECRET, "msg_other", "1614265330", &header, BODY));
        assert!(!receiver_accepts(SECRET, ID, "1614265331", &header, BODY));
    }

    #[test]
    fn the_production_signature_is_the_hex_hmac_of_the_body_with_the_text_of_the_secret() {
        // printf '{"test": 2432232314}' | openssl dgst -sha256 -hmac whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
        let by_openssl = "80ec8a89ce3cd22133a1066caecb4d04fea7467657c8514d717ec42c38a5c94c";
        assert_eq!(voipbin(&SecretSet::new(secret()), SENT, BODY), format!("sha256={by_openssl}"));
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(BODY);
        assert_eq!(hex::encode(mac.finalize().into_bytes()), by_openssl);
    }
}
