//! The destination of a webhook: an accepted URL, split into what a connection and a request need.
//!
//! [`custodian_domain::destination`] has the rules. The addresses of a name are checked before an attempt connects.

use std::net::IpAddr;

use custodian_domain::destination::{DestinationRefusal, DestinationRules, check};
use http::header::HeaderValue;
use http::uri::PathAndQuery;
use url::{Host, Position};

/// A destination with an accepted URL. `Debug` does not show it, because a URL may contain a credential.
#[derive(Clone, PartialEq, Eq)]
pub struct Destination {
    pub(crate) host: DestinationHost,
    pub(crate) port: u16,
    pub(crate) tls: bool,
    /// The value of the `Host` header.
    pub(crate) authority: HeaderValue,
    /// Path and query of the parsed URL. A fragment is never sent.
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
    /// Host and port, which identify the receiver for limits.
    pub fn host_and_port(&self) -> String {
        let host = match &self.host {
            DestinationHost::Name(name) => name.trim_end_matches('.').to_owned(),
            DestinationHost::Address(address) => address.to_canonical().to_string(),
        };
        format!("{host} {}", self.port)
    }

    pub fn parse(uri: &str, rules: &DestinationRules) -> Result<Self, DestinationRefusal> {
        let url = check(uri, rules)?;
        let host = match url.host().ok_or(DestinationRefusal::NotAUrl)? {
            Host::Domain(name) => DestinationHost::Name(name.to_owned()),
            Host::Ipv4(address) => DestinationHost::Address(address.into()),
            Host::Ipv6(address) => DestinationHost::Address(address.into()),
        };
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let authority = &url[Position::BeforeHost..Position::AfterPort];
        Ok(Self {
            host,
            port: url.port_or_known_default().ok_or(DestinationRefusal::Port)?,
            tls: url.scheme() == "https",
            authority: HeaderValue::from_str(authority).map_err(|_| DestinationRefusal::NotAUrl)?,
            path: path.parse().map_err(|_| DestinationRefusal::NotAUrl)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_urls_are_accepted_and_path_and_query_are_sent_as_configured() {
        let parsed = Destination::parse(
            "https://Hooks.example.com:8443/a%20b?x=1&y={z}|#part",
            &DestinationRules::default(),
        )
        .unwrap();
        assert_eq!((parsed.port, parsed.tls), (8443, true));
        assert_eq!(parsed.authority, "hooks.example.com:8443");
        assert_eq!(parsed.path, "/a%20b?x=1&y={z}|");
    }

    #[test]
    fn a_host_after_a_backslash_is_part_of_the_path() {
        let parsed =
            Destination::parse("http://example.com\\@169.254.169.254/", &DestinationRules::default())
                .unwrap();
        assert_eq!(parsed.authority, "example.com");
        assert!(matches!(parsed.host, DestinationHost::Name(name) if name == "example.com"));
    }

    #[test]
    fn debug_does_not_show_the_destination() {
        let parsed = Destination::parse("https://a.example/?token=hunter2", &DestinationRules::default());
        assert_eq!(format!("{parsed:?}"), "Ok([destination])");
    }
}
