//! Keyed hashes. Most stand for a name or an address, so that the tables of rate limits and the log contain neither. Others are
//! secret: the keys that encrypt stored values, and the signatures of the local service's links to files.

use custodian_domain::Secret;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Hashes strings with a secret. Without the secret, a hash does not reveal its string.
#[derive(Clone, Debug)]
pub struct KeyedHasher(Secret);

impl KeyedHasher {
    pub const fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The keyed hash of a string, as `<purpose>#<hex digits>`. The same string has a different hash for each purpose.
    pub fn hash(&self, purpose: &str, text: &str) -> String {
        // HMAC accepts keys of any length, so this never fails.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes()) else {
            return String::new();
        };
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        format!("{purpose}#{}", hex::encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyed_hash_hides_its_text_and_depends_on_secret_purpose_and_text() {
        let (ours, theirs) = (KeyedHasher::new(Secret::new("a")), KeyedHasher::new(Secret::new("b")));
        let keyed_hash = ours.hash("login", "ann@example.com");
        assert!(!keyed_hash.contains("ann"));
        assert_eq!(keyed_hash, ours.hash("login", "ann@example.com"));
        for other in [
            ours.hash("forgot", "ann@example.com"),
            ours.hash("login", "bob"),
            theirs.hash("login", "ann@example.com"),
        ] {
            assert_ne!(keyed_hash, other);
        }
    }
}
