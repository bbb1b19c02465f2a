//! Pseudonyms: what a throttle knows of a username, an e-mail address or a network address.

use custodian_domain::Secret;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// A secret under which texts become keys that tell nothing of them.
#[derive(Clone, Debug)]
pub struct Pseudonyms(Secret);

impl Pseudonyms {
    pub const fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The pseudonym of a text of this kind; the same text of another kind has another.
    pub fn of(&self, kind: &str, text: &str) -> String {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose().as_bytes()) else {
            return String::new();
        };
        mac.update(kind.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        format!("{kind}#{}", hex::encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_tells_nothing_and_depends_on_the_secret_the_kind_and_the_text() {
        let (ours, theirs) = (Pseudonyms::new(Secret::new("a")), Pseudonyms::new(Secret::new("b")));
        let pseudonym = ours.of("login", "ann@example.com");
        assert!(!pseudonym.contains("ann"));
        assert_eq!(pseudonym, ours.of("login", "ann@example.com"));
        for other in [
            ours.of("forgot", "ann@example.com"),
            ours.of("login", "bob"),
            theirs.of("login", "ann@example.com"),
        ] {
            assert_ne!(pseudonym, other);
        }
    }
}
