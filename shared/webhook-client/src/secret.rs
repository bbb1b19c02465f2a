//! Signing secrets, and their rotation without losing a delivery.
//!
//! A secret is 24 random bytes, written as `whsec_` and their base64: 38 characters. Standard Webhooks 1.0.0, "Signature
//! scheme", allows 24 to 64 bytes in this format.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_domain::{Secret, Timestamp};
use zeroize::Zeroizing;

const SCHEME: &str = "whsec_";

/// The length of the part of a secret that identifies it to its owner.
const PREFIX_LENGTH: usize = SCHEME.len() + 4;

/// A secret that signs webhooks. It has no `Display`, its `Debug` does not show it, and dropping it wipes its memory.
#[derive(Clone, Debug)]
pub struct SigningSecret(Secret);

impl SigningSecret {
    /// A new secret. The caller draws the random bytes from the context's entropy.
    pub fn new(random: [u8; 24]) -> Self {
        let random = Zeroizing::new(random);
        Self(Secret::new(format!("{SCHEME}{}", STANDARD.encode(&random[..]))))
    }

    /// Parses a secret. `None` if the prefix, the base64 or the length is invalid.
    pub fn parse(text: &str) -> Option<Self> {
        let secret = Self(Secret::new(text));
        let bytes = secret.decoded()?;
        (24..=64).contains(&bytes.len()).then_some(secret)
    }

    /// The text of the secret, as it is shown once. Review every call of this.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The beginning of the secret, which identifies it and does not reveal it: `whsec_` and 4 of its 32 characters.
    pub fn prefix(&self) -> &str {
        self.expose().get(..PREFIX_LENGTH).unwrap_or(SCHEME)
    }

    /// The key of the HMAC. It is never empty, because both constructors ensure valid base64.
    pub(crate) fn bytes(&self) -> Zeroizing<Vec<u8>> {
        self.decoded().unwrap_or_default()
    }

    fn decoded(&self) -> Option<Zeroizing<Vec<u8>>> {
        STANDARD.decode(self.expose().strip_prefix(SCHEME)?).ok().map(Zeroizing::new)
    }
}

/// The secrets that sign an endpoint's webhooks: the current one, and replaced ones that are still valid.
#[derive(Clone, Debug)]
pub struct SecretSet {
    current: SigningSecret,
    previous: Vec<ReplacedSecret>,
}

/// A secret that was replaced, and is valid before `until`.
#[derive(Clone, Debug)]
pub struct ReplacedSecret {
    pub secret: SigningSecret,
    pub until: Timestamp,
    /// Whether a response is known to have shown it.
    pub is_shown: bool,
}

impl SecretSet {
    pub const fn new(current: SigningSecret) -> Self {
        Self { current, previous: Vec::new() }
    }

    /// Adds a replaced secret.
    #[must_use]
    pub fn with_previous(mut self, replaced: ReplacedSecret) -> Self {
        self.previous.push(replaced);
        self
    }

    /// The secrets that are valid at `now`, the current one first.
    pub fn valid_at(&self, now: Timestamp) -> impl Iterator<Item = &SigningSecret> {
        std::iter::once(&self.current).chain(self.replaced_at(now).map(|replaced| &replaced.secret))
    }

    /// The secret for a header that has room for one signature: of the replaced ones that are known to be shown, the one that expires
    /// first, or else the current one. So a receiver need not have the new secret before the old one expires.
    pub fn single_at(&self, now: Timestamp) -> &SigningSecret {
        let known = self.replaced_at(now).filter(|replaced| replaced.is_shown);
        known.min_by_key(|replaced| replaced.until).map_or(&self.current, |replaced| &replaced.secret)
    }

    fn replaced_at(&self, now: Timestamp) -> impl Iterator<Item = &ReplacedSecret> {
        self.previous.iter().filter(move |replaced| now < replaced.until)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn valid_at(set: &SecretSet, now: Timestamp) -> Vec<&str> {
        set.valid_at(now).map(SigningSecret::expose).collect()
    }

    #[test]
    fn a_secret_is_its_prefix_and_24_bytes_in_base64_and_can_be_parsed() {
        let secret = SigningSecret::new([255; 24]);
        assert_eq!(secret.expose(), format!("whsec_{}", "/".repeat(32)));
        let parsed = SigningSecret::parse(secret.expose()).unwrap();
        assert_eq!(parsed.bytes().as_slice(), [255; 24]);
        assert_eq!(parsed.prefix(), "whsec_////");
    }

    #[test]
    fn an_invalid_secret_is_not_parsed() {
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        assert!(SigningSecret::parse(&of(24)).is_some() && SigningSecret::parse(&of(64)).is_some());
        let without_prefix = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        for bad in [
            "",
            "whsec_",
            without_prefix,
            "whsec_é",
            "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            &of(23),
            &of(65),
        ] {
            assert!(SigningSecret::parse(bad).is_none(), "{bad}");
        }
    }

    fn replaced(secret: &SigningSecret, until: Timestamp) -> ReplacedSecret {
        ReplacedSecret { secret: secret.clone(), until, is_shown: true }
    }

    #[test]
    fn debug_does_not_show_secrets() {
        let old = replaced(&SigningSecret::new([0; 24]), NOW);
        let set = SecretSet::new(SigningSecret::new([255; 24])).with_previous(old);
        let shown = format!("{set:?} {:?}", set.single_at(NOW));
        assert!(!shown.contains("////") && !shown.contains("AAAA") && !shown.contains("whsec"), "{shown}");
    }

    #[test]
    fn a_replaced_secret_stays_valid_until_it_expires() {
        let (old, new) = (SigningSecret::new([1; 24]), SigningSecret::new([2; 24]));
        let until = NOW.plus(HOUR);
        let set = SecretSet::new(new.clone()).with_previous(replaced(&old, until));
        assert_eq!(valid_at(&set, NOW), [new.expose(), old.expose()]);
        assert_eq!(valid_at(&set, until), [new.expose()]);
    }

    #[test]
    fn every_replaced_secret_has_its_own_expiry() {
        let [one, two, three] = [1, 2, 3].map(|n| SigningSecret::new([n; 24]));
        let set = SecretSet::new(three.clone())
            .with_previous(replaced(&two, NOW.plus(HOUR)))
            .with_previous(replaced(&one, NOW));
        assert_eq!(valid_at(&set, NOW.minus(HOUR)), [three.expose(), two.expose(), one.expose()]);
        assert_eq!(valid_at(&set, NOW), [three.expose(), two.expose()]);
        let single = [NOW.minus(HOUR), NOW, NOW.plus(HOUR)].map(|now| set.single_at(now).expose());
        assert_eq!(single, [one.expose(), two.expose(), three.expose()]);
    }

    #[test]
    fn a_single_signature_is_never_made_with_a_replaced_secret_that_nobody_may_have_seen() {
        let (old, new) = (SigningSecret::new([1; 24]), SigningSecret::new([2; 24]));
        let unseen = ReplacedSecret { is_shown: false, ..replaced(&old, NOW.plus(HOUR)) };
        let set = SecretSet::new(new.clone()).with_previous(unseen);
        assert_eq!(set.single_at(NOW).expose(), new.expose());
        assert_eq!(valid_at(&set, NOW), [new.expose(), old.expose()]);
    }
}
