//! Where a webhook may go, as far as its URL tells. The rest is decided on the address, when it is connected to.
//!
//! The text is read once, by the parser of the URL standard, and what was judged is what is connected to: no second
//! parser sees it. That parser turns every spelling of an IPv4 address (decimal, octal, hexadecimal, fewer than four
//! parts, other scripts' digits) into the address that it means.

use std::net::IpAddr;

use http::header::HeaderValue;
use http::uri::PathAndQuery;
use url::{Host, Position, Url};

use crate::address::is_public;

/// The most that a `webhook_uri` may be long, in bytes.
pub const MAX_LENGTH: usize = 1023;

/// The ports that may be connected to: those of the web, and the customary ones beside them.
pub const PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// How far webhooks may go. It is set where the program starts and nowhere else; no request can name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses, and the ports of the web.
    #[default]
    Public,
    /// This host by its loopback addresses, too, and any port: for the local service and for tests, never in a deployed
    /// stack.
    Loopback,
}

/// Why nothing is sent to a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    #[error("the URL is longer than {MAX_LENGTH} bytes")]
    TooLong,
    /// Also with white space or control characters in it, which a lenient parser would drop.
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
    /// The name of the host stands for addresses, now, of which none is public.
    #[error("the host has no public address")]
    NoPublicAddress,
}

impl Refusal {
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

    /// Whether the URL itself is refused, so that trying it again is of no use. What a name stands for may change.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::NoPublicAddress)
    }
}

/// A destination whose URL is acceptable. `Debug` shows nothing of it: a URL may hold a credential.
#[derive(Clone, PartialEq, Eq)]
pub struct Destination {
    pub(crate) host: Target,
    pub(crate) port: u16,
    pub(crate) tls: bool,
    /// What goes into the `Host` header.
    pub(crate) authority: HeaderValue,
    /// Path and query as configured; a fragment is never sent.
    pub(crate) path: PathAndQuery,
}

/// What the URL names as its host.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Name(String),
    Address(IpAddr),
}

impl std::fmt::Debug for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[destination]")
    }
}

impl Destination {
    pub fn parse(uri: &str, reach: Reach) -> Result<Self, Refusal> {
        if uri.len() > MAX_LENGTH {
            return Err(Refusal::TooLong);
        }
        if uri.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Refusal::NotAUrl);
        }
        let url = Url::parse(uri).map_err(|_| Refusal::NotAUrl)?;
        let tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Refusal::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::UserInfo);
        }
        let port = url.port_or_known_default().ok_or(Refusal::Port)?;
        if reach == Reach::Public && !PORTS.contains(&port) {
            return Err(Refusal::Port);
        }
        let host = match url.host().ok_or(Refusal::NotAUrl)? {
            Host::Domain(name) => Target::Name(name.to_owned()),
            Host::Ipv4(address) => Target::Address(address.into()),
            Host::Ipv6(address) => Target::Address(address.into()),
        };
        if matches!(host, Target::Address(address) if !permits(reach, address)) {
            return Err(Refusal::NotPublic);
        }
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let authority = &url[Position::BeforeHost..Position::AfterPort];
        Ok(Self {
            host,
            port,
            tls,
            authority: HeaderValue::from_str(authority).map_err(|_| Refusal::NotAUrl)?,
            path: path.parse().map_err(|_| Refusal::NotAUrl)?,
        })
    }
}

/// Whether an address may be connected to.
pub(crate) fn permits(reach: Reach, address: IpAddr) -> bool {
    is_public(address) || (reach == Reach::Loopback && address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(uri: &str) -> Option<Refusal> {
        Destination::parse(uri, Reach::Public).err()
    }

    #[test]
    fn web_urls_are_accepted_and_kept_as_configured() {
        let parsed =
            Destination::parse("https://Hooks.example.com:8443/a%20b?x=1&y={z}|#part", Reach::Public)
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
            ("ftp://example.com/", Refusal::Scheme),
            ("file:///etc/passwd", Refusal::Scheme),
            ("gopher://example.com:80/", Refusal::Scheme),
            ("javascript:alert(1)", Refusal::Scheme),
            ("https://example.com:22/", Refusal::Port),
            ("http://example.com:6379/", Refusal::Port),
            ("http://example.com:0/", Refusal::Port),
            ("https://user@example.com/", Refusal::UserInfo),
            ("https://user:pass@example.com/", Refusal::UserInfo),
            ("https://:pass@example.com/", Refusal::UserInfo),
        ];
        for (uri, expected) in cases {
            assert_eq!(refusal(uri), Some(expected), "{uri}");
        }
    }

    #[test]
    fn what_is_no_url_or_too_long_is_refused() {
        for bad in [
            "",
            "example.com",
            "https://",
            "https:///",
            " https://a.example",
            "https://a.example/\t",
            "https://a b/",
        ] {
            assert_eq!(refusal(bad), Some(Refusal::NotAUrl), "{bad}");
        }
        for bad in [
            "http://256.1.1.1/",
            "http://1.2.3.4.5/",
            "http://08.1.1.1/",
            "http://[::1%25lo]/",
            "http://[1::2::3]/",
        ] {
            assert_eq!(refusal(bad), Some(Refusal::NotAUrl), "{bad}");
        }
        let of = |length: usize| format!("https://a.example/{}", "x".repeat(length - 18));
        assert_eq!((refusal(&of(1023)), refusal(&of(1024))), (None, Some(Refusal::TooLong)));
    }

    #[test]
    fn an_address_is_judged_by_what_it_means_however_it_is_spelt() {
        let loopback = "127.0.0.1 127.0.0.1. 2130706433 0x7f000001 0X7F000001 017700000001 0177.0.0.1 0x7f.0.0.1 127.1 \
            127.0.1 0x7f.1 00000177.1 %31%32%37.0.0.1 １２７.０.０.１ 127。0。0。1 ⑫７.0.0.1 [::1] [::127.0.0.1] \
            [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:7f00:0001] [64:ff9b::7f00:1] [2002:7f00:1::]";
        let inside = "0 0.0.0.0 10.1 167772161 169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 169.254.43518 \
            [::ffff:169.254.169.254] [fd00:ec2::254] [fe80::1] 192.168.257 4294967295";
        for host in loopback.split_whitespace().chain(inside.split_whitespace()) {
            assert_eq!(refusal(&format!("http://{host}/")), Some(Refusal::NotPublic), "{host}");
        }
        assert_eq!(refusal("http://0x08080808/"), None);
    }

    #[test]
    fn what_looks_like_another_host_behind_a_backslash_is_part_of_the_path() {
        let parsed = Destination::parse("http://example.com\\@169.254.169.254/", Reach::Public).unwrap();
        assert_eq!(parsed.authority, "example.com");
        assert!(matches!(parsed.host, Target::Name(name) if name == "example.com"));
    }

    #[test]
    fn loopback_reaches_this_host_and_any_port_but_speaks_http_alone() {
        let parse = |uri| Destination::parse(uri, Reach::Loopback).err();
        assert_eq!(parse("http://127.0.0.1:49152/"), None);
        assert_eq!(parse("ftp://127.0.0.1/"), Some(Refusal::Scheme));
        assert_eq!(Reach::default(), Reach::Public);
    }

    #[test]
    fn debugging_shows_nothing_of_a_destination() {
        let parsed = Destination::parse("https://a.example/?token=hunter2", Reach::Public);
        assert_eq!(format!("{parsed:?}"), "Ok([destination])");
    }
}
