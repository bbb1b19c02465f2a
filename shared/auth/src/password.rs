//! Password hashes: argon2id with m = 19456 KiB, t = 2, p = 1, stored as PHC strings.

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use custodian_domain::Secret;
use custodian_domain::precis::prepared_password;

use crate::hash_arena::with_blocks;

/// The hash that is verified for an unknown username, so that the response takes as long as for a wrong password. It is the
/// hash of random bytes that were discarded.
const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$ykRjYyhl0eShMhDYoPhWIg$x3EyHsN9EkBpIRGfaFk0pC3bkVGrZjVxTgl0u9UZ2vE";

/// The prefix of every hash with the current parameters.
const CURRENT_PARAMETERS: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// Hashes a password with the algorithm, parameters and salt of `template`. `None` if the algorithm is unknown.
fn compute(password: &Secret, template: &PasswordHash) -> Option<Output> {
    #[cfg(test)]
    tests::HASHES.set(tests::HASHES.get() + 1);
    let algorithm = Algorithm::try_from(template.algorithm.as_str()).ok()?;
    let version = template.version.map(Version::try_from).transpose().ok()?.unwrap_or_default();
    let params = Params::try_from(template).ok()?;
    let (count, length) = (params.block_count(), params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN));
    let argon2 = Argon2::new(algorithm, version, params);
    let mut output = [0; Output::MAX_LENGTH];
    let output = output.get_mut(..length)?;
    let (password, salt) = (password.expose().as_bytes(), template.salt.as_ref()?);
    with_blocks(count, |blocks| argon2.hash_password_into_with_memory(password, salt, output, blocks))
        .ok()?;
    Output::new(output).ok()
}

/// How a password compares with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordMatch {
    Wrong,
    Right,
    /// The password is right, but its hash was made before passwords were prepared.
    RightUnprepared,
}

/// Hashes a password, prepared if that is possible, with a random salt. `None` if the algorithm fails.
pub fn hash(password: &Secret, salt: [u8; 16]) -> Option<Secret> {
    let prepared = prepared_password(password.expose()).ok();
    let password = prepared.as_ref().unwrap_or(password);
    let template = PasswordHash::new(DUMMY_HASH).ok()?;
    let template = PasswordHash { salt: Some(Salt::new(&salt).ok()?), ..template };
    let hash = Some(compute(password, &template)?);
    Some(Secret::new(PasswordHash { hash, ..template }.to_string()))
}

/// Whether a stored hash does not use the current parameters.
pub fn is_outdated(stored: &Secret) -> bool {
    !stored.expose().starts_with(CURRENT_PARAMETERS)
}

/// Verifies the prepared password. If that is wrong and preparation changed the password, also verifies the entered one.
/// So the number of hashes that a wrong password costs depends on the password alone. Without a stored hash, it computes the same
/// hashes and returns `Wrong`.
pub fn verify(password: &Secret, stored: Option<&Secret>) -> PasswordMatch {
    let prepared = prepared_password(password.expose()).ok().filter(|prepared| prepared != password);
    if matches(prepared.as_ref().unwrap_or(password), stored) {
        return PasswordMatch::Right;
    }
    if prepared.is_some() && matches(password, stored) {
        return PasswordMatch::RightUnprepared;
    }
    PasswordMatch::Wrong
}

fn matches(password: &Secret, stored: Option<&Secret>) -> bool {
    let text = stored.map_or(DUMMY_HASH, Secret::expose);
    // `Output` compares in constant time.
    let matches = PasswordHash::new(text)
        .is_ok_and(|hash| hash.hash.is_some_and(|output| compute(password, &hash) == Some(output)));
    matches && stored.is_some()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use argon2::password_hash::{PasswordHasher, PasswordVerifier};

    use super::*;

    thread_local! {
        /// The number of hashes that this thread has computed.
        pub(super) static HASHES: Cell<u32> = const { Cell::new(0) };
    }

    fn hashes_of(work: impl FnOnce() -> PasswordMatch) -> u32 {
        let before = HASHES.get();
        assert_eq!(work(), PasswordMatch::Wrong);
        HASHES.get() - before
    }

    #[test]
    fn a_wrong_password_costs_as_many_hashes_for_an_unknown_name_as_for_a_known_one() {
        let stored = hash(&Secret::new("correct horse"), [7; 16]);
        for (password, hashes) in [("ascii", 1), ("caf\u{e9}", 1), ("cafe\u{301}", 2), ("caf\u{200b}", 1)] {
            let password = Secret::new(password);
            assert_eq!(
                hashes_of(|| verify(&password, stored.as_ref())),
                hashes,
                "{password:?} of a known name"
            );
            assert_eq!(hashes_of(|| verify(&password, None)), hashes, "{password:?} of an unknown name");
        }
    }

    #[test]
    fn a_hash_equals_the_hash_of_the_argon2_library() {
        let argon2 =
            Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap());
        let theirs: PasswordHash = argon2.hash_password_with_salt(b"correct horse", &[7; 16]).unwrap();
        // The second hash reuses the memory of the first.
        for _ in 0..2 {
            assert_eq!(hash(&Secret::new("correct horse"), [7; 16]).unwrap().expose(), theirs.to_string());
        }
        assert!(argon2.verify_password(b"correct horse", &theirs).is_ok());
    }

    #[test]
    fn a_password_matches_only_its_own_hash() {
        let stored = hash(&Secret::new("correct horse"), [7; 16]);
        assert!(stored.as_ref().is_some_and(|h| h.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$")));
        assert_eq!(verify(&Secret::new("correct horse"), stored.as_ref()), PasswordMatch::Right);
        assert_eq!(verify(&Secret::new("correct horsf"), stored.as_ref()), PasswordMatch::Wrong);
        assert_eq!(verify(&Secret::new("correct horse"), None), PasswordMatch::Wrong);
    }

    #[test]
    fn every_spelling_of_a_password_matches_its_hash() {
        let stored = hash(&Secret::new("cafe\u{301} au lait"), [7; 16]);
        for spelling in ["caf\u{e9} au lait", "cafe\u{301}\u{a0}au\u{3000}lait"] {
            assert_eq!(verify(&Secret::new(spelling), stored.as_ref()), PasswordMatch::Right, "{spelling}");
        }
        assert_eq!(verify(&Secret::new("cafe au lait"), stored.as_ref()), PasswordMatch::Wrong);
    }

    #[test]
    fn the_hash_of_an_unprepared_password_verifies_only_what_was_entered() {
        let argon2 =
            Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap());
        for (entered, expected) in [
            ("cafe\u{301} au lait", PasswordMatch::RightUnprepared),
            // Preparation would change nothing, or is impossible, so the hash cannot be replaced by a better one.
            ("caf\u{e9} au lait", PasswordMatch::Right),
            ("I \u{2764}\u{fe0f} lait", PasswordMatch::Right),
        ] {
            let old: PasswordHash = argon2.hash_password_with_salt(entered.as_bytes(), &[7; 16]).unwrap();
            let old = Secret::new(old.to_string());
            assert_eq!(verify(&Secret::new(entered), Some(&old)), expected, "{entered}");
            assert_eq!(verify(&Secret::new("another"), Some(&old)), PasswordMatch::Wrong, "{entered}");
        }
    }

    #[test]
    fn a_hash_with_other_parameters_is_outdated_but_verifies() {
        let weaker = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8192, 1, 1, None).unwrap());
        let old: PasswordHash = weaker.hash_password_with_salt(b"correct horse", &[7; 16]).unwrap();
        let old = Secret::new(old.to_string());
        assert!(is_outdated(&old));
        assert_eq!(verify(&Secret::new("correct horse"), Some(&old)), PasswordMatch::Right);
        assert!(!is_outdated(&hash(&Secret::new("correct horse"), [7; 16]).unwrap()));
    }

    #[test]
    fn the_dummy_hash_has_the_current_parameters_and_does_not_match_an_empty_password() {
        let parsed = PasswordHash::new(DUMMY_HASH).unwrap();
        assert_eq!(parsed.to_string(), DUMMY_HASH);
        assert!(DUMMY_HASH.starts_with(CURRENT_PARAMETERS) && compute(&Secret::new(""), &parsed).is_some());
        assert_eq!(verify(&Secret::new(""), Some(&Secret::new(DUMMY_HASH))), PasswordMatch::Wrong);
    }
}
