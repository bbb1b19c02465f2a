//! The token of an access key: `vb_` and the base64 form of a secret, the key's id and the customer's id.
//!
//! The random part comes first, so that the short prefix in responses identifies the key. With the ids, the service reads
//! the key and its customer in one round trip.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use custodian_domain::access_key::{PREFIX, TOKEN_PREFIX_LENGTH};
use custodian_domain::{AccessKey, CustomerId, Secret};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// A parsed token. The key might not exist, and the secret is not verified yet.
pub struct PresentedKey {
    pub customer_id: CustomerId,
    pub key_id: Uuid,
    secret_hash: String,
}

/// A new token, and the values that are stored for it.
pub struct NewToken {
    pub token: Secret,
    pub secret_hash: String,
    pub token_prefix: String,
}

/// Creates the token of a new key. `secret` must come from a cryptographically secure random generator.
pub fn mint(secret: [u8; 32], key_id: Uuid, customer_id: CustomerId) -> NewToken {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend(secret);
    bytes.extend(key_id.as_bytes());
    bytes.extend(customer_id.0.as_bytes());
    let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let token_prefix = token[..TOKEN_PREFIX_LENGTH].to_owned();
    NewToken { token: Secret::new(token), secret_hash: hash(&secret), token_prefix }
}

/// Whether a credential has the form of an access key.
pub fn is_access_key(token: &str) -> bool {
    token.starts_with(PREFIX)
}

/// Parses a token. `None` if it is malformed.
pub fn parse(token: &str) -> Option<PresentedKey> {
    let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX)?).ok()?;
    if bytes.len() != 64 {
        return None;
    }
    Some(PresentedKey {
        secret_hash: hash(&bytes[..32]),
        key_id: Uuid::from_slice(&bytes[32..48]).ok()?,
        customer_id: CustomerId(Uuid::from_slice(&bytes[48..]).ok()?),
    })
}

impl PresentedKey {
    /// Compares the secret with the stored key in constant time.
    pub fn matches(&self, key: &AccessKey) -> bool {
        self.secret_hash.as_bytes().ct_eq(key.secret_hash.as_bytes()).into()
    }
}

/// The secret has 256 random bits, so a fast hash without salt is safe.
fn hash(secret: &[u8]) -> String {
    hex::encode(Sha256::digest(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_contains_its_key_id_and_customer_id() {
        let (key_id, customer_id) = (Uuid::from_u128(1), CustomerId(Uuid::from_u128(2)));
        let new = mint([7; 32], key_id, customer_id);
        let presented = parse(new.token.expose()).unwrap();
        assert_eq!((presented.key_id, presented.customer_id), (key_id, customer_id));
        assert_eq!(presented.secret_hash, new.secret_hash);
        assert!(new.token.expose().starts_with(&new.token_prefix));
    }

    #[test]
    fn a_malformed_token_is_not_parsed() {
        for bad in ["", "vb_", "vb_AAAA", "xx_AAAA", &format!("vb_{}", "A".repeat(200)), "vb_é"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }
}
