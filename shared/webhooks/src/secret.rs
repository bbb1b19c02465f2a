//! Signing secrets, and replacing one without losing a delivery.
//!
//! A secret is 24 random bytes, shown as `whsec_` and their base 64: 38 characters. (Standard Webhooks 1.0.0, "Signature
//! scheme": 24 to 64 bytes, in this form.)

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_domain::{Secret, Timestamp};
use zeroize::Zeroizing;

const PREFIX: &str = "whsec_";

/// How many characters of a secret may be shown to tell it from another: the prefix and four of 32.
const SHOWN: usize = PREFIX.len() + 4;

/// A secret that webhooks are signed with. It has no `Display`, its `Debug` shows nothing of it, and its memory is wiped
/// when it is dropped.
#[derive(Clone, Debug)]
pub struct SigningSecret(Secret);

impl SigningSecret {
    /// Makes a secret of fresh random bytes, which the caller takes from the context's entropy.
    pub fn new(random: [u8; 24]) -> Self {
        let random = Zeroizing::new(random);
        Self(Secret::new(format!("{PREFIX}{}", STANDARD.encode(&random[..]))))
    }

    /// Reads a secret as it is shown. `None` if it is none: another prefix, no base 64, too short or too long.
    pub fn parse(shown: &str) -> Option<Self> {
        let secret = Self(Secret::new(shown));
        let bytes = secret.decoded()?;
        (24..=64).contains(&bytes.len()).then_some(secret)
    }

    /// The secret as it is shown once and stored; a call to this is a place to review.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The beginning of the secret, which tells it from another and is of no use to anybody: `whsec_` and 4 characters.
    pub fn prefix(&self) -> &str {
        self.expose().get(..SHOWN).unwrap_or(PREFIX)
    }

    /// The bytes that the text stands for. There always are some, since both constructors see to it.
    pub(crate) fn bytes(&self) -> Zeroizing<Vec<u8>> {
        self.decoded().unwrap_or_default()
    }

    fn decoded(&self) -> Option<Zeroizing<Vec<u8>>> {
        STANDARD.decode(self.expose().strip_prefix(PREFIX)?).ok().map(Zeroizing::new)
    }
}

/// What a customer's webhooks are signed with: the current secret, and those that it has replaced while they are in use.
#[derive(Clone, Debug)]
pub struct SecretSet {
    current: SigningSecret,
    previous: Vec<(SigningSecret, Timestamp)>,
}

impl SecretSet {
    pub const fn new(current: SigningSecret) -> Self {
        Self { current, previous: Vec::new() }
    }

    /// The same with a secret that was replaced, which is used until that instant (the instant excluded).
    #[must_use]
    pub fn and(mut self, replaced: SigningSecret, until: Timestamp) -> Self {
        self.previous.push((replaced, until));
        self
    }

    pub const fn current(&self) -> &SigningSecret {
        &self.current
    }

    /// The secrets to sign with at `now`, the current one first.
    pub fn in_use(&self, now: Timestamp) -> impl Iterator<Item = &SigningSecret> {
        let previous = self.previous.iter().filter(move |(_, until)| now < *until);
        std::iter::once(&self.current).chain(previous.map(|(secret, _)| secret))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn in_use(set: &SecretSet, now: Timestamp) -> Vec<&str> {
        set.in_use(now).map(SigningSecret::expose).collect()
    }

    #[test]
    fn a_secret_is_24_bytes_in_base_64_behind_its_prefix_and_reads_back() {
        let secret = SigningSecret::new([255; 24]);
        assert_eq!(secret.expose(), format!("whsec_{}", "/".repeat(32)));
        let read = SigningSecret::parse(secret.expose()).unwrap();
        assert_eq!(read.bytes().as_slice(), [255; 24]);
        assert_eq!(read.prefix(), "whsec_////");
    }

    #[test]
    fn what_is_no_secret_is_not_read() {
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        assert!(SigningSecret::parse(&of(24)).is_some() && SigningSecret::parse(&of(64)).is_some());
        let bare = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        for bad in ["", "whsec_", bare, "whsec_é", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &of(23), &of(65)]
        {
            assert!(SigningSecret::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn debugging_shows_nothing_of_a_secret_or_a_set() {
        let set = SecretSet::new(SigningSecret::new([255; 24])).and(SigningSecret::new([0; 24]), NOW);
        let shown = format!("{set:?} {:?}", set.current());
        assert!(!shown.contains("////") && !shown.contains("AAAA") && !shown.contains("whsec"), "{shown}");
    }

    #[test]
    fn a_replaced_secret_is_used_beside_the_new_one_until_its_instant() {
        let (old, new) = (SigningSecret::new([1; 24]), SigningSecret::new([2; 24]));
        let until = NOW.plus(HOUR);
        let set = SecretSet::new(new.clone()).and(old.clone(), until);
        assert_eq!(in_use(&set, NOW), [new.expose(), old.expose()]);
        assert_eq!(in_use(&set, until), [new.expose()]);
    }

    #[test]
    fn each_of_several_replaced_secrets_is_used_until_its_own_instant() {
        let [one, two, three] = [1, 2, 3].map(|n| SigningSecret::new([n; 24]));
        let set = SecretSet::new(three.clone()).and(two.clone(), NOW.plus(HOUR)).and(one.clone(), NOW);
        assert_eq!(in_use(&set, NOW.minus(HOUR)), [three.expose(), two.expose(), one.expose()]);
        assert_eq!(in_use(&set, NOW), [three.expose(), two.expose()]);
    }
}
