//! The secret of a mailed link: 32 random bytes as 64 hex digits, of which only a hash is stored.

use custodian_domain::{Permission, Secret};
use sha2::{Digest, Sha256};

/// A new token from fresh random bytes.
pub fn new(random: [u8; 32]) -> Secret {
    Secret::new(hex::encode(random))
}

/// Whether this has the form of a token: 64 lower-case hex digits.
pub fn is_well_formed(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// What is stored of a token. The token has 256 random bits, so a plain hash is enough.
pub fn hash(token: &Secret) -> String {
    hex::encode(Sha256::digest(token.expose().as_bytes()))
}

/// What a link to set a password is about: the password that it replaces and the permission that it gives. When either
/// changes, the link is about something that is no more.
pub fn subject(password_hash: Option<&Secret>, permission: Permission) -> String {
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
    fn the_subject_of_a_link_is_the_password_and_the_permission() {
        let of = |password: Option<&str>, permission| subject(password.map(Secret::new).as_ref(), permission);
        let before = of(Some("hash"), Permission::ADMIN);
        assert_eq!(before, of(Some("hash"), Permission::ADMIN));
        for other in [
            of(Some("hush"), Permission::ADMIN),
            of(None, Permission::ADMIN),
            of(Some("hash"), Permission::AGENT),
        ] {
            assert_ne!(before, other);
        }
    }
}
