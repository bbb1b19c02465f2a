//! The rules for URLs to which webhooks may be sent. They hold when a request sets the URL and again before every attempt.
//!
//! The URL is parsed once, by a parser of the URL standard. The check and the connection use the same result, so no second
//! parser can read the URL differently. The parser normalises every spelling of an IPv4 address: decimal, octal, hexadecimal,
//! fewer than four parts, and digits of other scripts.

use std::net::IpAddr;

use url::{Host, Url};

use crate::field_problem::FieldProblem;
use crate::own_address::OwnAddress;
use crate::public_address::{is_localhost, is_loopback, is_public};

/// The maximum size of a `webhook_uri` in bytes.
pub const MAX_URI_BYTES: usize = 1023;

/// The allowed ports: those of HTTP and HTTPS, and their usual alternatives.
pub const ALLOWED_PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// The addresses to which webhooks may be sent. The program sets this when it starts, and no request can change it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AllowedAddresses {
    /// Public addresses, and the allowed ports.
    #[default]
    Public,
    /// Also loopback addresses, and any port: for the local service and for tests, never for a deployed stack.
    Loopback,
}

/// Which destinations are allowed. The program sets this when it starts, and `own` also contains the id of
/// the API that a request came through. No client can change it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DestinationRules {
    pub allowed: AllowedAddresses,
    /// Where this service itself is reached. A webhook that calls the API could cause the next webhook.
    pub own: Vec<OwnAddress>,
}

/// Why a URL is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DestinationRefusal {
    TooLong,
    /// Also a URL with white space or control characters, which a lenient parser would drop.
    NotAUrl,
    Scheme,
    UserInfo,
    Port,
    /// The URL itself names an address that is not public.
    NotPublic,
    /// The URL leads to this service.
    OwnService,
}

impl DestinationRefusal {
    /// The problem of the field that holds the URL.
    pub const fn problem(self) -> FieldProblem {
        match self {
            Self::TooLong => FieldProblem::TooManyBytes { max: MAX_URI_BYTES },
            Self::NotAUrl | Self::Scheme => FieldProblem::NotAWebUrl,
            Self::UserInfo => FieldProblem::UserInUrl,
            Self::Port => FieldProblem::WrongPort,
            Self::NotPublic => FieldProblem::PrivateAddress,
            Self::OwnService => FieldProblem::OwnService,
        }
    }
}

/// The host of a URI.
pub fn host(uri: &str) -> Option<String> {
    Url::parse(uri).ok()?.host_str().map(str::to_owned)
}

/// Checks a URL, and an IP address in it. Returns the parsed URL, which has a host and a port.
pub fn check(uri: &str, rules: &DestinationRules) -> Result<Url, DestinationRefusal> {
    let allowed = rules.allowed;
    if uri.len() > MAX_URI_BYTES {
        return Err(DestinationRefusal::TooLong);
    }
    if uri.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(DestinationRefusal::NotAUrl);
    }
    let url = Url::parse(uri).map_err(|_| DestinationRefusal::NotAUrl)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(DestinationRefusal::Scheme);
    }
    // Like browsers, the URL parser finds a host in `http:x` and `http:///x`. Both are probably typing errors.
    if uri.split_once("://").is_none_or(|(_, rest)| rest.starts_with(['/', '\\'])) {
        return Err(DestinationRefusal::NotAUrl);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(DestinationRefusal::UserInfo);
    }
    let port = url.port_or_known_default().ok_or(DestinationRefusal::Port)?;
    if allowed == AllowedAddresses::Public && !ALLOWED_PORTS.contains(&port) {
        return Err(DestinationRefusal::Port);
    }
    let address: Option<IpAddr> = match url.host().ok_or(DestinationRefusal::NotAUrl)? {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
    };
    if address.is_some_and(|address| !allowed.includes(address)) {
        return Err(DestinationRefusal::NotPublic);
    }
    let host = url.host_str().unwrap_or_default();
    let is_local = address.is_some_and(is_loopback) || is_localhost(host);
    if rules.own.iter().any(|own| own.has_host(host) || (is_local && own.has_loopback_port(port))) {
        return Err(DestinationRefusal::OwnService);
    }
    Ok(url)
}

impl DestinationRules {
    /// Whether a connection to this address would reach the local service. Any name can lead to it, so the resolved address is
    /// compared. A deployed service is recognised by its host name, in [`check`].
    pub fn is_own_loopback(&self, address: IpAddr, port: u16) -> bool {
        is_loopback(address) && self.own.iter().any(|own| own.has_loopback_port(port))
    }
}

impl From<AllowedAddresses> for DestinationRules {
    fn from(allowed: AllowedAddresses) -> Self {
        Self { allowed, own: Vec::new() }
    }
}

impl AllowedAddresses {
    pub fn includes(self, address: IpAddr) -> bool {
        is_public(address) || (self == Self::Loopback && is_loopback(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(uri: &str) -> Option<DestinationRefusal> {
        check(uri, &DestinationRules::default()).err()
    }

    #[test]
    fn other_schemes_ports_and_credentials_are_refused() {
        let cases = [
            ("ftp://example.com/", DestinationRefusal::Scheme),
            ("file:///etc/passwd", DestinationRefusal::Scheme),
            ("gopher://example.com:80/", DestinationRefusal::Scheme),
            ("javascript:alert(1)", DestinationRefusal::Scheme),
            ("https://example.com:22/", DestinationRefusal::Port),
            ("http://example.com:6379/", DestinationRefusal::Port),
            ("http://example.com:0/", DestinationRefusal::Port),
            ("https://user@example.com/", DestinationRefusal::UserInfo),
            ("https://user:pass@example.com/", DestinationRefusal::UserInfo),
            ("https://:pass@example.com/", DestinationRefusal::UserInfo),
        ];
        for (uri, expected) in cases {
            assert_eq!(refusal(uri), Some(expected), "{uri}");
        }
    }

    #[test]
    fn invalid_and_overlong_urls_are_refused() {
        for bad in [
            "",
            "example.com",
            "https://",
            "https:///",
            "https:///a.example",
            "http:a.example",
            " https://a.example",
            "https://a.example/\t",
            "https://a b/",
        ] {
            assert_eq!(refusal(bad), Some(DestinationRefusal::NotAUrl), "{bad}");
        }
        for bad in [
            "http://256.1.1.1/",
            "http://1.2.3.4.5/",
            "http://08.1.1.1/",
            "http://[::1%25lo]/",
            "http://[1::2::3]/",
        ] {
            assert_eq!(refusal(bad), Some(DestinationRefusal::NotAUrl), "{bad}");
        }
        let of = |length: usize| format!("https://a.example/{}", "x".repeat(length - 18));
        assert_eq!((refusal(&of(1023)), refusal(&of(1024))), (None, Some(DestinationRefusal::TooLong)));
    }

    #[test]
    fn an_address_is_checked_in_every_spelling() {
        let loopback = "127.0.0.1 127.0.0.1. 2130706433 0x7f000001 0X7F000001 017700000001 0177.0.0.1 0x7f.0.0.1 127.1 \
            127.0.1 0x7f.1 00000177.1 %31%32%37.0.0.1 １２７.０.０.１ 127。0。0。1 ⑫７.0.0.1 [::1] [::127.0.0.1] \
            [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:7f00:0001] [64:ff9b::7f00:1] [2002:7f00:1::]";
        let private = "0 0.0.0.0 10.1 167772161 169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 169.254.43518 \
            [::ffff:169.254.169.254] [fd00:ec2::254] [fe80::1] 192.168.257 4294967295";
        for host in loopback.split_whitespace().chain(private.split_whitespace()) {
            assert_eq!(refusal(&format!("http://{host}/")), Some(DestinationRefusal::NotPublic), "{host}");
        }
        assert_eq!(refusal("http://0x08080808/"), None);
    }

    #[test]
    fn loopback_allows_this_host_and_any_port_but_no_other_scheme() {
        let parse = |uri| check(uri, &AllowedAddresses::Loopback.into()).err();
        assert_eq!(parse("http://127.0.0.1:49152/"), None);
        assert_eq!(parse("ftp://127.0.0.1/"), Some(DestinationRefusal::Scheme));
        assert_eq!(AllowedAddresses::default(), AllowedAddresses::Public);
    }

    #[test]
    fn web_urls_are_accepted() {
        for good in [
            "http://example.com",
            "https://example.com:443/",
            "http://1.1.1.1:8080/x",
            "https://[2606:4700::1]/",
            "https://localhost/hook",
        ] {
            assert_eq!(refusal(good), None, "{good}");
        }
    }
}
