//! The credentials of SIP digest authentication (RFC 3261, section 22; RFC 2617).

use md5::{Digest, Md5};

/// HA1 with the algorithm MD5: the hash of `username:realm:password` in lower-case hex. A registrar that has it needs no
/// password. Empty if the username or the password is empty, because such a row has no credentials.
pub fn ha1(username: &str, realm: &str, password: &str) -> String {
    if username.is_empty() || password.is_empty() {
        return String::new();
    }
    hex::encode(Md5::digest(format!("{username}:{realm}:{password}")))
}

#[cfg(test)]
mod tests {
    use super::ha1;

    #[test]
    fn ha1_is_the_digest_of_the_examples_of_the_standards() {
        // RFC 2617, section 3.5, and RFC 7616, section 3.9.1; both name the inputs, and the values are those of `md5sum`.
        let rfc2617 = ha1("Mufasa", "testrealm@host.com", "Circle Of Life");
        assert_eq!(rfc2617, "939e7578ed9e3c518a452acee763bce9");
        let rfc7616 = ha1("Mufasa", "http-auth@example.org", "Circle of Life");
        assert_eq!(rfc7616, "3d78807defe7de2157e2b0b6573a855f");
    }

    #[test]
    fn without_a_username_or_a_password_there_are_no_credentials() {
        assert_eq!((ha1("", "acme", "dial tone"), ha1("acme", "acme", "")), (String::new(), String::new()));
    }
}
