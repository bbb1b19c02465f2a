//! The token of an access key: `vb_` and base 64 of a secret, the key's id and its customer's.
//!
//! The random part comes first, so that the few letters that are shown of a key tell it from others; the ids let the key
//! and its customer be read in one round trip.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use custodian_domain::access_key::{PREFIX, SHOWN};
use custodian_domain::{AccessKey, CustomerId, Secret};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// What a token says, before anybody has looked whether there is such a key.
pub struct Presented {
    pub customer_id: CustomerId,
    pub key_id: Uuid,
    secret_hash: String,
}

/// A new token, with what is stored of it.
pub struct Minted {
    pub token: Secret,
    pub secret_hash: String,
    pub token_prefix: String,
}

/// Makes the token of a new key from fresh random bytes.
pub fn mint(secret: [u8; 32], key_id: Uuid, customer_id: CustomerId) -> Minted {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend(secret);
    bytes.extend(key_id.as_bytes());
    bytes.extend(customer_id.0.as_bytes());
    let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let token_prefix = token[..SHOWN].to_owned();
    Minted { token: Secret::new(token), secret_hash: hash(&secret), token_prefix }
}

/// Whether this is meant to be an access key.
pub fn looks_like_one(token: &str) -> bool {
    token.starts_with(PREFIX)
}

/// Reads a token; `None` if it cannot be one.
pub fn read(token: &str) -> Option<Presented> {
    let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(PREFIX)?).ok()?;
    if bytes.len() != 64 {
        return None;
    }
    Some(Presented {
        secret_hash: hash(&bytes[..32]),
        key_id: Uuid::from_slice(&bytes[32..48]).ok()?,
        customer_id: CustomerId(Uuid::from_slice(&bytes[48..]).ok()?),
    })
}

impl Presented {
    /// Whether the stored key has this secret, in constant time.
    pub fn opens(&self, key: &AccessKey) -> bool {
        self.secret_hash.as_bytes().ct_eq(key.secret_hash.as_bytes()).into()
    }
}

/// The secret has 256 random bits, so a plain hash is enough.
fn hash(secret: &[u8]) -> String {
    hex::encode(Sha256::digest(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_key_and_customer_and_hides_its_secret() {
        let (key_id, customer_id) = (Uuid::from_u128(1), CustomerId(Uuid::from_u128(2)));
        let minted = mint([7; 32], key_id, customer_id);
        let presented = read(minted.token.expose()).unwrap();
        assert_eq!((presented.key_id, presented.customer_id), (key_id, customer_id));
        assert_eq!(presented.secret_hash, minted.secret_hash);
        assert!(minted.token.expose().starts_with(&minted.token_prefix));
    }

    #[test]
    fn what_is_no_token_is_not_read() {
        for bad in ["", "vb_", "vb_AAAA", "xx_AAAA", &format!("vb_{}", "A".repeat(200)), "vb_é"] {
            assert!(read(bad).is_none(), "{bad}");
        }
    }
}
