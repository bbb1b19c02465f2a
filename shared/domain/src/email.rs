//! Which e-mail addresses are accepted.

use email_address::{EmailAddress, Options};

/// Whether a string is exactly one e-mail address that mail services accept: ASCII, without quotes, and with a host name as
/// domain. `admin@localhost` is valid. Clients must send `a@bücher.example` as `a@xn--bcher-kva.example`.
pub fn is_email(text: &str) -> bool {
    let options = Options::default().without_display_text().without_domain_literal();
    let is_host =
        |domain: &str| domain.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    let address = EmailAddress::parse_with_options(text, options).ok().filter(|_| text.is_ascii());
    address.is_some_and(|address| !text.contains('"') && is_host(address.domain()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_address_is_one_plain_ascii_mailbox() {
        for good in ["a@example.com", "admin@localhost", "x.y+z@sub.example.org", "a@xn--bcher-kva.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in
            ["", "a", "a@", "@b", "a@b@c", "A <a@b.c>", "a b@c.d", "a..b@c.d", "a@[127.0.0.1]", "a@b..c"]
        {
            assert!(!is_email(bad), "{bad}");
        }
        for unsupported in [
            "ü@example.com",
            "a@bücher.example",
            "İ@example.com",
            "\"a@\"@example.com",
            "\"a b\"@example.com",
            "a@b!c.example",
            "a@b_c.example",
        ] {
            assert!(!is_email(unsupported), "{unsupported}");
        }
    }
}
