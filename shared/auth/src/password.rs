//! Passwords: argon2id with m = 19456 KiB, t = 2, p = 1, kept as PHC strings.

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Params, Version};
use custodian_domain::Secret;

use crate::memory::with_blocks;

/// What an unknown user's password is compared with, so that a wrong name takes as long as a wrong password. It is
/// the hash of random bytes that were thrown away.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$ykRjYyhl0eShMhDYoPhWIg$x3EyHsN9EkBpIRGfaFk0pC3bkVGrZjVxTgl0u9UZ2vE";

/// How every hash begins that is made with today's parameters.
const TODAY: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// What a password comes to with the algorithm, parameters and salt of `form`. `None` if there is no such algorithm.
fn computed(password: &Secret, form: &PasswordHash) -> Option<Output> {
    let algorithm = Algorithm::try_from(form.algorithm.as_str()).ok()?;
    let version = form.version.map(Version::try_from).transpose().ok()?.unwrap_or_default();
    let params = Params::try_from(form).ok()?;
    let (count, length) = (params.block_count(), params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN));
    let argon2 = Argon2::new(algorithm, version, params);
    let mut output = [0; Output::MAX_LENGTH];
    let output = output.get_mut(..length)?;
    let (password, salt) = (password.expose().as_bytes(), form.salt.as_ref()?);
    with_blocks(count, |blocks| argon2.hash_password_into_with_memory(password, salt, output, blocks))
        .ok()?;
    Output::new(output).ok()
}

/// Hashes a new password with 16 fresh random bytes of salt. `None` only if the algorithm itself fails.
pub fn hash(password: &Secret, salt: [u8; 16]) -> Option<Secret> {
    let today = PasswordHash::new(NOBODY).ok()?;
    let today = PasswordHash { salt: Some(Salt::new(&salt).ok()?), ..today };
    let hash = Some(computed(password, &today)?);
    Some(Secret::new(PasswordHash { hash, ..today }.to_string()))
}

/// Whether a stored hash was made with other parameters than today's.
pub fn is_outdated(stored: &Secret) -> bool {
    !stored.expose().starts_with(TODAY)
}

/// Whether this is the password; without a stored hash it takes the same time and is wrong.
pub fn verify(password: &Secret, stored: Option<&Secret>) -> bool {
    let text = stored.map_or(NOBODY, Secret::expose);
    // Outputs are compared in constant time.
    let right = PasswordHash::new(text)
        .is_ok_and(|hash| hash.hash.is_some_and(|output| computed(password, &hash) == Some(output)));
    right && stored.is_some()
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::{PasswordHasher, PasswordVerifier};

    use super::*;

    #[test]
    fn a_hash_is_what_the_library_makes_and_accepts() {
        let argon2 =
            Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap());
        let theirs: PasswordHash = argon2.hash_password_with_salt(b"correct horse", &[7; 16]).unwrap();
        // The second is computed in the memory that the first has filled.
        for _ in 0..2 {
            assert_eq!(hash(&Secret::new("correct horse"), [7; 16]).unwrap().expose(), theirs.to_string());
        }
        assert!(argon2.verify_password(b"correct horse", &theirs).is_ok());
    }

    #[test]
    fn a_password_matches_its_own_hash_alone() {
        let stored = hash(&Secret::new("correct horse"), [7; 16]);
        assert!(stored.as_ref().is_some_and(|h| h.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$")));
        assert!(verify(&Secret::new("correct horse"), stored.as_ref()));
        assert!(!verify(&Secret::new("correct horsf"), stored.as_ref()));
        assert!(!verify(&Secret::new("correct horse"), None));
    }

    #[test]
    fn a_hash_of_other_parameters_is_outdated_and_still_verifies() {
        let weaker = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8192, 1, 1, None).unwrap());
        let old: PasswordHash = weaker.hash_password_with_salt(b"correct horse", &[7; 16]).unwrap();
        let old = Secret::new(old.to_string());
        assert!(is_outdated(&old) && verify(&Secret::new("correct horse"), Some(&old)));
        assert!(!is_outdated(&hash(&Secret::new("correct horse"), [7; 16]).unwrap()));
    }

    #[test]
    fn the_hash_of_nobody_is_a_full_hash_so_that_it_costs_the_full_time() {
        let parsed = PasswordHash::new(NOBODY).unwrap();
        assert_eq!(parsed.to_string(), NOBODY);
        assert!(NOBODY.starts_with(TODAY) && computed(&Secret::new(""), &parsed).is_some());
        assert!(!verify(&Secret::new(""), Some(&Secret::new(NOBODY))));
    }
}
