//! Signed tokens: JWTs with EdDSA (Ed25519). No other algorithm is accepted, so algorithm confusion is impossible.
//!
//! A token names its issuer and its audience, and both are verified: a token of another deployment, or for another service, is
//! refused even if its key is known.
//!
//! A token contains the epochs of its customer and its agent. Raising either epoch revokes the token. Only functions that
//! sign tokens and the set-up need the private key; all others verify with the public keys. After a rotation, the previous public
//! key stays valid until the next rotation.
//!
//! A login token also has the claim `agent`, which tells clients who signed in. Verification does not read it.

use chrono::DateTime;
use custodian_domain::{Agent, Customer, Secret, Timestamp};
use ed25519_dalek::{SigningKey, VerifyingKey};
use jwt_compact::alg::Ed25519;
use jwt_compact::prelude::*;
use serde::{Deserialize, Serialize};

use crate::agent_claim::AgentClaim;
use crate::claims::Claims;

/// The audience of every token: this API.
const AUDIENCE: &str = "custodian-api";

/// The claims of a token with its issuer and its audience.
#[derive(Clone, Serialize, Deserialize)]
struct AddressedClaims {
    iss: String,
    aud: String,
    #[serde(flatten)]
    claims: Claims,
}

impl AddressedClaims {
    fn new(claims: Claims, issuer: &str) -> Self {
        Self { iss: issuer.to_owned(), aud: AUDIENCE.to_owned(), claims }
    }
}

/// The claims of a token that names its agent to clients.
#[derive(Serialize)]
struct LoginClaims<'a> {
    #[serde(flatten)]
    addressed: AddressedClaims,
    agent: AgentClaim<'a>,
}

/// Signs tokens with a private key.
pub struct Signer {
    key_id: String,
    key: SigningKey,
}

impl Signer {
    /// Parses a private key of 64 hex digits.
    pub fn new(key_id: impl Into<String>, private: &Secret) -> Option<Self> {
        let bytes: [u8; 32] = hex::decode(private.expose()).ok()?.try_into().ok()?;
        Some(Self { key_id: key_id.into(), key: SigningKey::from_bytes(&bytes) })
    }

    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    pub(crate) const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The public key as 64 hex digits.
    pub fn public(&self) -> String {
        hex::encode(self.key.verifying_key().as_bytes())
    }

    /// Signs a token that is issued at `now` and valid until `expires`. `None` if the claims do not serialise.
    pub fn sign(&self, claims: Claims, issuer: &str, now: Timestamp, expires: Timestamp) -> Option<Secret> {
        self.sign_claims(AddressedClaims::new(claims, issuer), now, expires)
    }

    /// Signs a token of an agent who signs in to a customer. The token also names the agent, for the clients that read it.
    pub fn sign_login(
        &self,
        (customer, agent): (&Customer, &Agent),
        issuer: &str,
        now: Timestamp,
        expires: Timestamp,
    ) -> Option<Secret> {
        let addressed = AddressedClaims::new(Claims::of_login(customer, agent), issuer);
        self.sign_claims(LoginClaims { addressed, agent: AgentClaim::new(agent) }, now, expires)
    }

    fn sign_claims(&self, claims: impl Serialize, now: Timestamp, expires: Timestamp) -> Option<Secret> {
        let mut signed = jwt_compact::Claims::new(claims);
        signed.issued_at = DateTime::from_timestamp(now.seconds(), 0);
        signed.expiration = DateTime::from_timestamp(expires.seconds(), 0);
        let header = Header::empty().with_token_type("JWT").with_key_id(self.key_id.clone());
        Ed25519.token(&header, &signed, &self.key).ok().map(Secret::new)
    }
}

/// The public keys for verification.
#[derive(Clone, Debug, Default)]
pub struct KeyRing(Vec<(String, VerifyingKey)>);

/// Why a token was rejected. Callers get the same response in both cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenRejection {
    /// The key ring does not contain the signing key. The key may be newer than the key ring.
    UnknownKey,
    Invalid,
}

impl KeyRing {
    /// Parses pairs of a key id and a public key of 64 hex digits. Malformed keys are skipped.
    pub fn new(keys: impl IntoIterator<Item = (String, String)>) -> Self {
        let parse = |(id, text): (String, String)| {
            let bytes: [u8; 32] = hex::decode(text).ok()?.try_into().ok()?;
            Some((id, VerifyingKey::from_bytes(&bytes).ok()?))
        };
        Self(keys.into_iter().filter_map(parse).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn verify(&self, token: &str, issuer: &str, now: Timestamp) -> Result<Claims, TokenRejection> {
        let untrusted = UntrustedToken::new(token).map_err(|_| TokenRejection::Invalid)?;
        let key_id = untrusted.header().key_id.as_deref().ok_or(TokenRejection::Invalid)?;
        let (_, key) = self.0.iter().find(|(id, _)| id == key_id).ok_or(TokenRejection::UnknownKey)?;
        let validator = Ed25519.validator::<AddressedClaims>(key);
        let signed = validator.validate(&untrusted).map_err(|_| TokenRejection::Invalid)?;
        let (claims, addressed) = (signed.claims(), &signed.claims().custom);
        let is_valid = claims.expiration.is_some_and(|expiry| now.seconds() < expiry.timestamp())
            && addressed.iss == issuer
            && addressed.aud == AUDIENCE;
        is_valid.then(|| addressed.claims.clone()).ok_or(TokenRejection::Invalid)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use custodian_domain::{AgentId, CustomerId};
    use jwt_compact::alg::{Hs256, Hs256Key};
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://api.example.com";
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
            key_id: None,
        }
    }

    #[test]
    fn a_token_is_valid_until_the_second_of_its_expiry() {
        let signer = signer("k1", "07");
        let ring = KeyRing::new([("k1".to_owned(), signer.public())]);
        let token = signer.sign(claims(), ISSUER, NOW, LATER).unwrap();
        assert_eq!(ring.verify(token.expose(), ISSUER, NOW), Ok(claims()));
        assert_eq!(ring.verify(token.expose(), ISSUER, LATER), Err(TokenRejection::Invalid));
    }

    #[test]
    fn a_token_of_another_key_or_with_a_changed_character_is_refused() {
        let (ours, theirs) = (signer("k1", "07"), signer("k2", "08"));
        let ring = KeyRing::new([("k1".to_owned(), ours.public())]);
        let foreign = theirs.sign(claims(), ISSUER, NOW, LATER).unwrap();
        assert_eq!(ring.verify(foreign.expose(), ISSUER, NOW), Err(TokenRejection::UnknownKey));
        let forged =
            Signer { key_id: "k1".into(), key: theirs.key }.sign(claims(), ISSUER, NOW, LATER).unwrap();
        assert_eq!(ring.verify(forged.expose(), ISSUER, NOW), Err(TokenRejection::Invalid));

        let token = ours.sign(claims(), ISSUER, NOW, LATER).unwrap();
        let characters = token.expose().as_bytes();
        for at in (0..characters.len() - 1).step_by(7) {
            let mut changed = characters.to_vec();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(ring.verify(&String::from_utf8_lossy(&changed), ISSUER, NOW).is_err(), "character {at}");
        }
    }

    /// A token of our key with other claims than ours.
    fn token_with(signer: &Signer, custom: serde_json::Value) -> String {
        let mut signed = jwt_compact::Claims::new(custom);
        signed.expiration = DateTime::from_timestamp(LATER.seconds(), 0);
        let header = Header::empty().with_key_id(signer.key_id.clone());
        Ed25519.token(&header, &signed, &signer.key).unwrap()
    }

    #[test]
    fn a_token_of_another_issuer_or_audience_or_of_none_is_refused() {
        let signer = signer("k1", "07");
        let ring = KeyRing::new([("k1".to_owned(), signer.public())]);
        let with = |addressed: serde_json::Value| {
            let mut custom = serde_json::to_value(claims()).unwrap();
            custom.as_object_mut().unwrap().extend(addressed.as_object().unwrap().clone());
            ring.verify(&token_with(&signer, custom), ISSUER, NOW)
        };
        assert_eq!(with(json!({ "iss": ISSUER, "aud": AUDIENCE })), Ok(claims()));
        for refused in [
            json!({}),
            json!({ "iss": ISSUER }),
            json!({ "aud": AUDIENCE }),
            json!({ "iss": "https://other.example.com", "aud": AUDIENCE }),
            json!({ "iss": format!("{ISSUER}/"), "aud": AUDIENCE }),
            json!({ "iss": ISSUER, "aud": "another-api" }),
            json!({ "iss": ISSUER, "aud": null }),
            json!({ "iss": ISSUER, "aud": [AUDIENCE, "another-api"] }),
        ] {
            assert_eq!(with(refused.clone()), Err(TokenRejection::Invalid), "{refused}");
        }
    }

    #[test]
    fn tokens_of_other_algorithms_and_malformed_tokens_are_refused() {
        let signer = signer("k1", "07");
        let ring = KeyRing::new([("k1".to_owned(), signer.public())]);
        let mut valid = jwt_compact::Claims::new(AddressedClaims::new(claims(), ISSUER));
        valid.expiration = DateTime::from_timestamp(LATER.seconds(), 0);
        let header = Header::empty().with_key_id("k1");
        let ours = Ed25519.token(&header, &valid, &signer.key).unwrap();
        assert_eq!(ring.verify(&ours, ISSUER, NOW), Ok(claims()));
        // A verifier that believes the header would accept both: everyone knows the public key.
        let public_as_secret = Hs256Key::new(signer.key.verifying_key().as_bytes());
        let confused = Hs256.token(&header, &valid, &public_as_secret).unwrap();
        let valid = ours.split('.').nth(1).unwrap();
        let none = format!("{}.{valid}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"k1"}"#));
        for bad in ["", ".", "a.b.c", &confused, &none, &"x".repeat(5000)] {
            assert_eq!(ring.verify(bad, ISSUER, NOW), Err(TokenRejection::Invalid), "{bad}");
        }
    }
}
