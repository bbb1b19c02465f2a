//! Passwords: argon2id with m = 19456 KiB, t = 2, p = 1, kept as PHC strings.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use custodian_domain::Secret;

/// What an unknown user's password is compared with, so that a wrong name takes as long as a wrong password. It is
/// the hash of random bytes that were thrown away.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$ykRjYyhl0eShMhDYoPhWIg$x3EyHsN9EkBpIRGfaFk0pC3bkVGrZjVxTgl0u9UZ2vE";

/// How every hash begins that is made with today's parameters.
const TODAY: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

fn argon2() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes a new password with 16 fresh random bytes of salt. `None` only if the algorithm itself fails.
pub fn hash(password: &Secret, salt: [u8; 16]) -> Option<Secret> {
    let hash: PasswordHash = argon2().hash_password_with_salt(password.expose().as_bytes(), &salt).ok()?;
    Some(Secret::new(hash.to_string()))
}

/// Whether a stored hash was made with other parameters than today's.
pub fn is_outdated(stored: &Secret) -> bool {
    !stored.expose().starts_with(TODAY)
}

/// Whether this is the password; without a stored hash it takes the same time and is wrong.
pub fn verify(password: &Secret, stored: Option<&Secret>) -> bool {
    let text = stored.map_or(NOBODY, Secret::expose);
    let right = PasswordHash::new(text)
        .is_ok_and(|hash| argon2().verify_password(password.expose().as_bytes(), &hash).is_ok());
    right && stored.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(argon2().verify_password(b"", &parsed).is_err());
    }
}
