//! Password hashes: argon2id with m = 19456 KiB, t = 2, p = 1, stored as PHC strings.

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use custodian_domain::Secret;

use crate::hash_arena::with_blocks;

/// The hash that is verified for an unknown username, so that the response takes as long as for a wrong password. It is the
/// hash of random bytes that were discarded.
const DUMMY_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$ykRjYyhl0eShMhDYoPhWIg$x3EyHsN9EkBpIRGfaFk0pC3bkVGrZjVxTgl0u9UZ2vE";

/// The prefix of every hash with the current parameters.
const CURRENT_PARAMETERS: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// Hashes a password with the algorithm, parameters and salt of `template`. `None` if the algorithm is unknown.
fn compute(password: &Secret, template: &PasswordHash) -> Option<Output> {
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

/// Hashes a new password with a random salt. `None` if the algorithm fails.
pub fn hash(password: &Secret, salt: [u8; 16]) -> Option<Secret> {
    let template = PasswordHash::new(DUMMY_HASH).ok()?;
    let template = PasswordHash { salt: Some(Salt::new(&salt).ok()?), ..template };
    let hash = Some(compute(password, &template)?);
    Some(Secret::new(PasswordHash { hash, ..template }.to_string()))
}

/// Whether a stored hash does not use the current parameters.
pub fn is_outdated(stored: &Secret) -> bool {
    !stored.expose().starts_with(CURRENT_PARAMETERS)
}

/// Verifies a password. Without a stored hash, it returns false after the same time.
pub fn verify(password: &Secret, stored: Option<&Secret>) -> bool {
    let text = stored.map_or(DUMMY_HASH, Secret::expose);
    // `Output` compares in constant time.
    let matches = PasswordHash::new(text)
        .is_ok_and(|hash| hash.hash.is_some_and(|output| compute(password, &hash) == Some(output)));
    matches && stored.is_some()
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::{PasswordHasher, PasswordVerifier};

    use super::*;

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
        assert!(verify(&Secret::new("correct horse"), stored.as_ref()));
        assert!(!verify(&Secret::new("correct horsf"), stored.as_ref()));
        assert!(!verify(&Secret::new("correct horse"), None));
    }

    #[test]
    fn a_hash_with_other_parameters_is_outdated_but_verifies() {
        let weaker = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8192, 1, 1, None).unwrap());
        let old: PasswordHash = weaker.hash_password_with_salt(b"correct horse", &[7; 16]).unwrap();
        let old = Secret::new(old.to_string());
        assert!(is_outdated(&old) && verify(&Secret::new("correct horse"), Some(&old)));
        assert!(!is_outdated(&hash(&Secret::new("correct horse"), [7; 16]).unwrap()));
    }

    #[test]
    fn the_dummy_hash_has_the_current_parameters_and_does_not_match_an_empty_password() {
        let parsed = PasswordHash::new(DUMMY_HASH).unwrap();
        assert_eq!(parsed.to_string(), DUMMY_HASH);
        assert!(DUMMY_HASH.starts_with(CURRENT_PARAMETERS) && compute(&Secret::new(""), &parsed).is_some());
        assert!(!verify(&Secret::new(""), Some(&Secret::new(DUMMY_HASH))));
    }
}
