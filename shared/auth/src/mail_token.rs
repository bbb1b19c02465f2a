//! The token of a mailed link: 32 random bytes as 64 hex digits. Only its hash is stored.

use custodian_domain::{Permission, Secret};
use sha2::{Digest, Sha256};

/// Creates a token. `random` must come from a cryptographically secure random generator.
pub fn new(random: [u8; 32]) -> Secret {
    Secret::new(hex::encode(random))
}

pub fn is_well_formed(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// The stored hash of a token. The token has 256 random bits, so a fast hash without salt is safe.
pub fn hash(token: &Secret) -> String {
    hex::encode(Sha256::digest(token.expose().as_bytes()))
}

/// A fingerprint of an agent's password and permission. A reset link is bound to it, so the link stops working when either
/// changes.
pub fn credential_fingerprint(password_hash: Option<&Secret>, permission: Permission) -> String {
    let digest = Sha256::new().chain_update(permission.bits().to_be_bytes());
    hex::encode(digest.chain_update(password_hash.map_or("", Secret::expose)).finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_64_lower_case_hex_digits() {
        assert!(is_well_formed(new([255; 32]).expose()));
        for bad in ["", &"F".repeat(64), &"f".repeat(63), &"g".repeat(64)] {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }

    #[test]
    fn the_credential_fingerprint_depends_on_the_password_and_the_permission() {
        let fingerprint = |password: Option<&str>, permission| {
            credential_fingerprint(password.map(Secret::new).as_ref(), permission)
        };
        let before = fingerprint(Some("hash"), Permission::ADMIN);
        assert_eq!(before, fingerprint(Some("hash"), Permission::ADMIN));
        for other in [
            fingerprint(Some("hush"), Permission::ADMIN),
            fingerprint(None, Permission::ADMIN),
            fingerprint(Some("hash"), Permission::AGENT),
        ] {
            assert_ne!(before, other);
        }
    }
}
