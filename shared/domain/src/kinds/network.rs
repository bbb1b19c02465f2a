//! Host names, IP addresses and networks.

use std::net::IpAddr;

use ipnet::IpNet;

/// Parses a host name into lower case without a trailing dot. An empty string is valid. Clients must send a name with
/// characters outside ASCII in its `xn--…` form.
pub(super) fn domain(text: &str) -> Option<String> {
    let name = text.strip_suffix('.').filter(|name| !name.is_empty()).unwrap_or(text);
    let is_label = |label: &str| {
        let letters = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=63).contains(&label.len()) && letters && !label.starts_with('-') && !label.ends_with('-')
    };
    // A name whose last label is a number can be mistaken for an IP address.
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    let is_host =
        name.len() <= 253 && name.split('.').all(is_label) && !name.rsplit('.').next().is_some_and(is_number);
    (text.is_empty() || is_host).then(|| name.to_ascii_lowercase())
}

/// Parses an IP address, or a network in CIDR notation, into its canonical form. Keeps the host bits of a network.
pub(super) fn network(text: &str) -> Option<String> {
    let Some((address, prefix_length)) = text.split_once('/') else {
        return Some(text.parse::<IpAddr>().ok()?.to_string());
    };
    let network = IpNet::new(address.parse().ok()?, prefix_length.parse().ok()?).ok()?;
    // The comparison rejects a sign and leading zeros in the prefix length.
    (network.prefix_len().to_string() == prefix_length).then(|| network.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_is_stored_in_canonical_form() {
        let longest = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61)].join(".");
        for (given, stored) in [
            ("sip.example.com", "sip.example.com"),
            ("SIP.Example.COM", "sip.example.com"),
            ("a.b.", "a.b"),
            ("test", "test"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("3com.net", "3com.net"),
            ("", ""),
            (&longest, &longest),
        ] {
            assert_eq!(domain(given).as_deref(), Some(stored), "{given}");
        }
        let long = format!("{longest}e");
        let label = format!("{}.com", "a".repeat(64));
        for bad in [
            ".",
            "..",
            " a.b",
            "a.b ",
            "a..b",
            ".a",
            "-a.b",
            "a-.b",
            "a_b.c",
            "not a domain !!",
            "b\u{fc}cher.de",
        ] {
            assert_eq!(domain(bad), None, "{bad}");
        }
        for bad in ["10.0.0.1", "1", &long, &label, "a.b:5060", "[::1]", "a\u{0}b"] {
            assert_eq!(domain(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_network_is_stored_in_canonical_form() {
        for (given, stored) in [
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::0001", "::1"),
            ("2001:DB8::/32", "2001:db8::/32"),
        ] {
            assert_eq!(network(given).as_deref(), Some(stored), "{given}");
        }
        for bad in [
            "",
            "not an ip",
            "10.0.0",
            "010.0.0.1",
            "10.0.0.1/33",
            "10.0.0.1/",
            "10.0.0.1/08",
            "::/129",
            "::/+1",
        ] {
            assert_eq!(network(bad), None, "{bad}");
        }
    }
}
