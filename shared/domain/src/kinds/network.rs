//! Names of hosts, addresses and networks.

use std::net::IpAddr;

/// The name of a host, in small letters and without the dot that may end it; empty if there is none. A name that is not in
/// ASCII has to come as it is looked up (`xn--…`).
pub(super) fn domain(text: &str) -> Option<String> {
    let name = text.strip_suffix('.').filter(|name| !name.is_empty()).unwrap_or(text);
    let is_label = |label: &str| {
        let letters = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=63).contains(&label.len()) && letters && !label.starts_with('-') && !label.ends_with('-')
    };
    // What ends in a number is an address, or wants to be taken for one.
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    let is_host =
        name.len() <= 253 && name.split('.').all(is_label) && !name.rsplit('.').next().is_some_and(is_number);
    (text.is_empty() || is_host).then(|| name.to_ascii_lowercase())
}

/// An IP address or, in CIDR notation, a network, in the one spelling that it has.
pub(super) fn network(text: &str) -> Option<String> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().ok()?;
    let Some(bits) = bits else { return Some(address.to_string()) };
    let most = if address.is_ipv4() { 32 } else { 128 };
    let plain = bits.bytes().all(|byte| byte.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
    let bits: u8 = bits.parse().ok().filter(|bits| plain && *bits <= most)?;
    Some(format!("{address}/{bits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_one_spelling() {
        let longest = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61)].join(".");
        for (given, kept) in [
            ("sip.example.com", "sip.example.com"),
            ("SIP.Example.COM", "sip.example.com"),
            ("a.b.", "a.b"),
            ("test", "test"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("3com.net", "3com.net"),
            ("", ""),
            (&longest, &longest),
        ] {
            assert_eq!(domain(given).as_deref(), Some(kept), "{given}");
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
    fn a_network_has_one_spelling() {
        for (given, kept) in [
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::0001", "::1"),
            ("2001:DB8::/32", "2001:db8::/32"),
        ] {
            assert_eq!(network(given).as_deref(), Some(kept), "{given}");
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
