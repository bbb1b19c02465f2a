//! The hosts for which the service responds.
//!
//! A page on the internet can make its own name resolve to 127.0.0.1 (DNS rebinding). For the browser, that page and this
//! service then have one origin, so the page could read mails and move the clock. Its requests still name the page's host, which
//! is none of these.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::Response;

use crate::refusal::LocalRefusal;

const HTTP_PORT: u16 = 80;

/// The host of a request, in lower case, and its port.
#[derive(Debug, PartialEq, Eq)]
struct HostAndPort {
    host: String,
    port: Option<u16>,
}

impl HostAndPort {
    fn parse(text: &str) -> Option<Self> {
        let authority: Authority = text.parse().ok()?;
        let host = authority.host();
        // The host does not begin the text if there is a user name, which no Host header has.
        let port = match text.strip_prefix(host)? {
            "" | ":" => None,
            rest => Some(parse_port(rest.strip_prefix(':')?)?),
        };
        (!host.is_empty()).then(|| Self { host: host.to_ascii_lowercase(), port })
    }

    fn is_loopback(&self) -> bool {
        let address = self.host.trim_start_matches('[').trim_end_matches(']');
        self.host == "localhost" || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }
}

/// Unlike `u16::from_str`, refuses a sign.
fn parse_port(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Parses a host of `--allow-host`: a name or an address, without a port.
pub(crate) fn parse_host(text: &str) -> Result<String, &'static str> {
    match HostAndPort::parse(text) {
        Some(HostAndPort { host, port: None }) if host.len() == text.len() && host != "*" => Ok(host),
        _ => Err("expected the name or the address of a host, without a port"),
    }
}

/// The hosts for which a service on this port responds. It always binds to loopback.
pub(crate) struct AllowedHosts {
    port: u16,
    names: Vec<String>,
}

impl AllowedHosts {
    pub(crate) fn new(port: u16, names: &[String]) -> Self {
        Self { port, names: names.to_vec() }
    }

    /// Allowed names have any port, because a proxy or a forwarded port can be in front of the service.
    fn contains(&self, requested: &HostAndPort) -> bool {
        let has_own_port = requested.port.unwrap_or(HTTP_PORT) == self.port;
        has_own_port && requested.is_loopback() || self.names.contains(&requested.host)
    }

    fn check(&self, request: &Request) -> Result<(), LocalRefusal> {
        let mut headers = request.headers().get_all(HOST).iter();
        let (Some(header), None) = (headers.next(), headers.next()) else {
            return Err(LocalRefusal::INVALID_HOST);
        };
        let header = header.to_str().map_err(|_| LocalRefusal::INVALID_HOST)?;
        // The target of a request to a proxy has a host, too.
        let target = request.uri().authority().map(Authority::as_str);
        for text in [Some(header), target].into_iter().flatten() {
            let requested = HostAndPort::parse(text).ok_or(LocalRefusal::INVALID_HOST)?;
            if !self.contains(&requested) {
                return Err(LocalRefusal::HOST_NOT_ALLOWED);
            }
        }
        Ok(())
    }
}

/// Refuses requests for other hosts.
pub(crate) async fn require_allowed_host(
    State(hosts): State<Arc<AllowedHosts>>,
    request: Request,
    next: Next,
) -> Result<Response, LocalRefusal> {
    hosts.check(&request)?;
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(text: &str) -> Option<bool> {
        let hosts = AllowedHosts::new(8080, &["box.example".to_owned()]);
        HostAndPort::parse(text).map(|requested| hosts.contains(&requested))
    }

    #[test]
    fn loopback_hosts_with_the_port_and_allowed_names_are_allowed() {
        for text in [
            "127.0.0.1:8080",
            "127.9.8.7:8080",
            "localhost:8080",
            "LocalHost:8080",
            "[::1]:8080",
            "box.example",
            "Box.Example:443",
        ] {
            assert_eq!(is_allowed(text), Some(true), "{text}");
        }
    }

    #[test]
    fn every_other_host_is_refused() {
        for text in [
            "evil.example:8080",
            "localhost.evil.example:8080",
            "127.0.0.1.evil.example:8080",
            "127.0.0.1:8081",
            "localhost",
            "localhost:",
            "192.168.0.1:8080",
            "0.0.0.0:8080",
            "[::]:8080",
            "sub.box.example",
            "box.example.",
        ] {
            assert_eq!(is_allowed(text), Some(false), "{text}");
        }
    }

    #[test]
    fn text_that_is_no_host_is_malformed() {
        for text in [
            "",
            ":8080",
            "a b",
            "me@localhost:8080",
            "localhost:x",
            "localhost:99999",
            "localhost:+8080",
            "a/b",
        ] {
            assert_eq!(HostAndPort::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_allowed_host_has_no_port() {
        assert_eq!(parse_host("Box.Example").as_deref(), Ok("box.example"));
        for text in ["", "box.example:80", "box.example:", "http://box.example", "*", "box/"] {
            assert!(parse_host(text).is_err(), "{text}");
        }
    }
}
