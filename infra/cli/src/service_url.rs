//! The address of the service.

use url::{Host, Url};

use crate::exit::Failure;

/// An address without a slash at its end. A token is sent in the clear only within this computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceUrl(String);

impl ServiceUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || {
            Failure::usage(format!(
                "{text:?} is not the address of a service. Write it as https://custodian.example.com."
            ))
        };
        let url = Url::parse(text).map_err(|_| wrong())?;
        let is_plain = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !is_plain || !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(wrong());
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(Failure::usage(
                "The address must begin with https://, so that nobody can read your token on its way.",
            ));
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// Whether the service runs on this computer, so that no proxy is needed.
    pub(crate) fn is_local(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| is_loopback(&url))
    }

    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The address that a redirect names. Like that of the service, it must be encrypted or within this computer.
    pub(crate) fn redirect(&self, location: &str) -> Result<String, Failure> {
        let base =
            Url::parse(&self.0).map_err(|_| Failure::unavailable("The address of the service is wrong."))?;
        let target = base
            .join(location)
            .map_err(|_| Failure::unavailable("The service redirects to a wrong address."))?;
        let is_safe = target.scheme() == "https" || (target.scheme() == "http" && is_loopback(&target));
        if is_safe {
            Ok(target.into())
        } else {
            Err(Failure::unavailable("The service redirects to an address that is not encrypted."))
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::ServiceUrl;

    #[test]
    fn a_token_leaves_this_computer_encrypted_only() {
        for good in
            ["https://api.example.com/prod/", "http://127.0.0.1:8080", "http://localhost", "http://[::1]:1"]
        {
            assert!(ServiceUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://api.example.com",
            "http://127.0.0.1.example.com",
            "ftp://localhost",
            "https://",
            "api.example.com",
            "https://ann:secret@example.com",
            "https://example.com?token=a",
            "",
        ] {
            assert!(ServiceUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_path_is_kept_and_a_slash_at_the_end_is_not() {
        let url = ServiceUrl::parse("https://api.example.com/prod/").unwrap();
        assert_eq!(url.join("/v1.0/me"), "https://api.example.com/prod/v1.0/me");
        assert_eq!(url, ServiceUrl::parse("https://api.example.com/prod").unwrap());
    }

    #[test]
    fn a_redirect_leaves_this_computer_encrypted_only() {
        let url = ServiceUrl::parse("http://localhost:8080").unwrap();
        assert_eq!(url.redirect("/_local/file").unwrap(), "http://localhost:8080/_local/file");
        assert!(url.redirect("https://bucket.example.com/a?sig=b").is_ok());
        assert!(url.redirect("http://bucket.example.com/a").is_err());
        assert!(url.redirect("file:///etc/passwd").is_err());
    }
}
