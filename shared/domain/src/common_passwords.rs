//! The most common passwords, which guessers try first.
//!
//! The list is that of zxcvbn 3.1.1 (<https://crates.io/crates/zxcvbn>, MIT licence, copyright Josh Holmer and Dropbox, Inc.):
//! its 30,000 most common passwords without those that are too short anyway. The library itself keeps the list private, and
//! would add all its dictionaries (0.8 MB) to each program.

/// The passwords in lower case, separated by white space.
const COMMON_PASSWORDS: &str = include_str!("common_passwords/list.txt");

/// Whether a prepared password is one of the most common ones, regardless of case. The search of the whole list takes a
/// hundredth of the time of the hash that follows.
pub(crate) fn is_common(password: &str) -> bool {
    let folded = crate::Secret::new(password.to_lowercase());
    COMMON_PASSWORDS.split_ascii_whitespace().any(|common| common == folded.expose())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_passwords_are_found_in_every_case() {
        for common in ["password", "PassWord", "12345678", "qwertyuiop", "ILoveYou", "trustno1"] {
            assert!(is_common(common), "{common}");
        }
        for uncommon in ["correct horse battery", "a new password", "password password", "passwor", ""] {
            assert!(!is_common(uncommon), "{uncommon}");
        }
    }

    #[test]
    fn every_password_of_the_list_is_in_lower_case_and_long_enough() {
        assert_eq!(COMMON_PASSWORDS.split_ascii_whitespace().count(), 11_611);
        for common in COMMON_PASSWORDS.split_ascii_whitespace() {
            assert!(common.len() >= 8 && common.to_lowercase() == common, "{common}");
        }
    }
}
