//! Signed tokens: JWTs with EdDSA (Ed25519) and nothing else, so there is no algorithm to confuse.
//!
//! A token names the epochs of its customer and its agent; it is dead as soon as either has moved on. The private key
//! is needed to log in only; everybody else verifies with the public ones, of which two may live during a rotation.

use chrono::DateTime;
use custodian_domain::{AgentId, CustomerId, Secret, Timestamp};
use ed25519_dalek::{SigningKey, VerifyingKey};
use jwt_compact::alg::Ed25519;
use jwt_compact::prelude::*;
use serde::{Deserialize, Serialize};

/// What a token says of its bearer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    #[serde(rename = "sub")]
    pub agent_id: AgentId,
    pub customer_id: CustomerId,
    pub customer_epoch: u64,
    pub agent_epoch: u64,
    /// The platform admin who acts as this guest agent, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
}

/// A platform admin behind a delegate's token, which dies with the admin's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    pub customer_id: CustomerId,
    pub agent_id: AgentId,
    pub agent_epoch: u64,
}

/// The private key, for login alone.
pub struct Signer {
    key_id: String,
    key: SigningKey,
}

impl Signer {
    /// Reads a private key: 64 hex digits.
    pub fn new(key_id: impl Into<String>, private: &Secret) -> Option<Self> {
        let bytes: [u8; 32] = hex::decode(private.expose()).ok()?.try_into().ok()?;
        Some(Self { key_id: key_id.into(), key: SigningKey::from_bytes(&bytes) })
    }

    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The matching public key, as 64 hex digits.
    pub fn public(&self) -> String {
        hex::encode(self.key.verifying_key().as_bytes())
    }

    /// A token that is valid from `now` until `expires`. `None` only if the claims cannot be written as JSON.
    pub fn sign(&self, claims: Claims, now: Timestamp, expires: Timestamp) -> Option<Secret> {
        let mut signed = jwt_compact::Claims::new(claims);
        signed.issued_at = DateTime::from_timestamp(now.seconds(), 0);
        signed.expiration = DateTime::from_timestamp(expires.seconds(), 0);
        let header = Header::empty().with_token_type("JWT").with_key_id(self.key_id.clone());
        Ed25519.token(&header, &signed, &self.key).ok().map(Secret::new)
    }
}

/// The public keys that tokens may be signed with.
#[derive(Clone, Debug, Default)]
pub struct KeyRing(Vec<(String, VerifyingKey)>);

/// Why a token was not accepted; both are the same answer to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// Signed with a key that this ring does not hold: perhaps a newer one.
    UnknownKey,
    Invalid,
}

impl KeyRing {
    /// Reads public keys: pairs of key id and 64 hex digits. A key that cannot be read is left out.
    pub fn new(keys: impl IntoIterator<Item = (String, String)>) -> Self {
        let read = |(id, text): (String, String)| {
            let bytes: [u8; 32] = hex::decode(text).ok()?.try_into().ok()?;
            Some((id, VerifyingKey::from_bytes(&bytes).ok()?))
        };
        Self(keys.into_iter().filter_map(read).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, Rejected> {
        let untrusted = UntrustedToken::new(token).map_err(|_| Rejected::Invalid)?;
        let key_id = untrusted.header().key_id.as_deref().ok_or(Rejected::Invalid)?;
        let (_, key) = self.0.iter().find(|(id, _)| id == key_id).ok_or(Rejected::UnknownKey)?;
        let signed = Ed25519.validator::<Claims>(key).validate(&untrusted).map_err(|_| Rejected::Invalid)?;
        let claims = signed.claims();
        let live = claims.expiration.is_some_and(|end| now.seconds() < end.timestamp());
        live.then(|| claims.custom.clone()).ok_or(Rejected::Invalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);
    const LATER: Timestamp = Timestamp::from_micros(1_700_000_060_000_000);

    fn signer(id: &str, fill: &str) -> Signer {
        Signer::new(id, &Secret::new(fill.repeat(32))).unwrap()
    }

    fn claims() -> Claims {
        let zero = "00000000-0000-0000-0000-000000000000".parse().map(CustomerId).unwrap();
        Claims {
            agent_id: AgentId(zero.0),
            customer_id: zero,
            customer_epoch: 1,
            agent_epoch: 2,
            operator: None,
        }
    }

    #[test]
    fn a_token_is_what_was_signed_until_the_second_it_ends() {
        let signer = signer("k1", "07");
        let ring = KeyRing::new([("k1".to_owned(), signer.public())]);
        let token = signer.sign(claims(), NOW, LATER).unwrap();
        assert_eq!(ring.verify(token.expose(), NOW), Ok(claims()));
        assert_eq!(ring.verify(token.expose(), LATER), Err(Rejected::Invalid));
    }

    #[test]
    fn a_token_of_another_key_or_with_one_letter_changed_is_refused() {
        let (ours, theirs) = (signer("k1", "07"), signer("k2", "08"));
        let ring = KeyRing::new([("k1".to_owned(), ours.public())]);
        let foreign = theirs.sign(claims(), NOW, LATER).unwrap();
        assert_eq!(ring.verify(foreign.expose(), NOW), Err(Rejected::UnknownKey));
        let forged = Signer { key_id: "k1".into(), key: theirs.key }.sign(claims(), NOW, LATER).unwrap();
        assert_eq!(ring.verify(forged.expose(), NOW), Err(Rejected::Invalid));

        let token = ours.sign(claims(), NOW, LATER).unwrap();
        let letters = token.expose().as_bytes();
        for at in (0..letters.len() - 1).step_by(7) {
            let mut changed = letters.to_vec();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(ring.verify(&String::from_utf8_lossy(&changed), NOW).is_err(), "letter {at}");
        }
    }

    #[test]
    fn other_algorithms_and_garbage_are_refused() {
        let ring = KeyRing::new([("k1".to_owned(), signer("k1", "07").public())]);
        let none = "eyJhbGciOiJub25lIiwia2lkIjoiazEifQ.eyJzdWIiOiJ4In0.";
        for bad in ["", ".", "a.b.c", none, &"x".repeat(5000)] {
            assert!(ring.verify(bad, NOW).is_err(), "{bad}");
        }
    }
}
