//! Checks the URL of a webhook. The addresses of its host are checked before an attempt connects.
//!
//! The URL is parsed once, by a parser of the URL standard. The check and the connection use the same result, so no second
//! parser can read the URL differently. The parser normalises every spelling of an IPv4 address: decimal, octal, hexadecimal,
//! fewer than four parts, and digits of other scripts.

use std::net::IpAddr;

use http::header::HeaderValue;
use http::uri::PathAndQuery;
use url::{Host, Position, Url};

use crate::address::is_public;

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

/// Why a destination is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DestinationRefusal {
    #[error("the URL is longer than {MAX_URI_BYTES} bytes")]
    TooLong,
    /// Also a URL with white space or control characters, which a lenient parser would drop.
    #[error("this is no URL with a host")]
    NotAUrl,
    #[error("the URL is neither http nor https")]
    Scheme,
    #[error("the URL holds a user name or a password")]
    UserInfo,
    #[error("the port is none of 80, 443, 8080 and 8443")]
    Port,
    /// The URL itself names an address.
    #[error("the address is not a public one")]
    NotPublic,
    /// The name of the host currently has no public address.
    #[error("the host has no public address")]
    NoPublicAddress,
}

impl DestinationRefusal {
    /// A short name for records and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NotAUrl => "not_a_url",
            Self::Scheme => "scheme",
            Self::UserInfo => "user_info",
            Self::Port => "port",
            Self::NotPublic => "not_public",
            Self::NoPublicAddress => "no_public_address",
        }
    }

    /// Whether a retry is useless because the URL itself is refused. [`Self::NoPublicAddress`] is temporary, because the
    /// addresses of a name may change.
    pub const fn is_permanent(self) -> bool {
        !matches!(self, Self::NoPublicAddress)
    }
}

/// A destination with an accepted URL. `Debug` does not show it, because a URL may contain a credential.
#[derive(Clone, PartialEq, Eq)]
pub struct Destination {
    pub(crate) host: DestinationHost,
    pub(crate) port: u16,
    pub(crate) tls: bool,
    /// The value of the `Host` header.
    pub(crate) authority: HeaderValue,
    /// Path and query as configured. A fragment is never sent.
    pub(crate) path: PathAndQuery,
}

/// The host of the URL.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum DestinationHost {
    Name(String),
    Address(IpAddr),
}

impl std::fmt::Debug for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[destination]")
    }
}

impl Destination {
    pub fn parse(uri: &str, allowed: AllowedAddresses) -> Result<Self, DestinationRefusal> {
        if uri.len() > MAX_URI_BYTES {
            return Err(DestinationRefusal::TooLong);
        }
        if uri.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(DestinationRefusal::NotAUrl);
        }
        let url = Url::parse(uri).map_err(|_| DestinationRefusal::NotAUrl)?;
        let tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(DestinationRefusal::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(DestinationRefusal::UserInfo);
        }
        let port = url.port_or_known_default().ok_or(DestinationRefusal::Port)?;
        if allowed == AllowedAddresses::Public && !ALLOWED_PORTS.contains(&port) {
            return Err(DestinationRefusal::Port);
        }
        let host = match url.host().ok_or(DestinationRefusal::NotAUrl)? {
            Host::Domain(name) => DestinationHost::Name(name.to_owned()),
            Host::Ipv4(address) => DestinationHost::Address(address.into()),
            Host::Ipv6(address) => DestinationHost::Address(address.into()),
        };
        if matches!(host, DestinationHost::Address(address) if !allowed.includes(address)) {
            return Err(DestinationRefusal::NotPublic);
        }
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let authority = &url[Position::BeforeHost..Position::AfterPort];
        Ok(Self {
            host,
            port,
            tls,
            authority: HeaderValue::from_str(authority).map_err(|_| DestinationRefusal::NotAUrl)?,
            path: path.parse().map_err(|_| DestinationRefusal::NotAUrl)?,
        })
    }
}

impl AllowedAddresses {
    pub(crate) fn includes(self, address: IpAddr) -> bool {
        is_public(address) || (self == Self::Loopback && address.to_canonical().is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(uri: &str) -> Option<DestinationRefusal> {
        Destination::parse(uri, AllowedAddresses::Public).err()
    }

    #[test]
    fn web_urls_are_accepted_and_sent_as_configured() {
        let parsed = Destination::parse(
            "https://Hooks.example.com:8443/a%20b?x=1&y={z}|#part",
            AllowedAddresses::Public,
        )
        .unwrap();
        assert_eq!((parsed.port, parsed.tls), (8443, true));
        assert_eq!(parsed.authority, "hooks.example.com:8443");
        assert_eq!(parsed.path, "/a%20b?x=1&y={z}|");
        for good in [
            "http://example.com",
            "https://example.com:443/",
            "http://1.1.1.1:8080/x",
            "https://[2606:4700::1]/",
        ] {
            assert_eq!(refusal(good), None, "{good}");
        }
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
    fn a_host_after_a_backslash_is_part_of_the_path() {
        let parsed =
            Destination::parse("http://example.com\\@169.254.169.254/", AllowedAddresses::Public).unwrap();
        assert_eq!(parsed.authority, "example.com");
        assert!(matches!(parsed.host, DestinationHost::Name(name) if name == "example.com"));
    }

    #[test]
    fn loopback_allows_this_host_and_any_port_but_no_other_scheme() {
        let parse = |uri| Destination::parse(uri, AllowedAddresses::Loopback).err();
        assert_eq!(parse("http://127.0.0.1:49152/"), None);
        assert_eq!(parse("ftp://127.0.0.1/"), Some(DestinationRefusal::Scheme));
        assert_eq!(AllowedAddresses::default(), AllowedAddresses::Public);
    }

    #[test]
    fn debug_does_not_show_the_destination() {
        let parsed = Destination::parse("https://a.example/?token=hunter2", AllowedAddresses::Public);
        assert_eq!(format!("{parsed:?}"), "Ok([destination])");
    }
}
