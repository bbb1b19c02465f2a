//! Where this service itself is reached, so that no webhook is sent to it.

use url::Url;

/// An address of this service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnAddress {
    /// A host, such as that of the base URL.
    Host(String),
    /// The id of an API in API Gateway. The host names that AWS gives the API begin with it.
    Api(String),
    /// The port of the local service, at every loopback address.
    LoopbackPort(u16),
}

impl OwnAddress {
    /// The host of a base URL. `None` if the text is no URL with a host, such as an empty setting.
    pub fn host_of(base_url: &str) -> Option<Self> {
        Url::parse(base_url).ok()?.host_str().map(|host| Self::Host(host.to_owned()))
    }

    /// Compares host names without case and without the trailing dot of an absolute name.
    pub(crate) fn has_host(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        match self {
            Self::Host(own) => host == own.trim_end_matches('.').to_ascii_lowercase(),
            Self::Api(id) => host
                .strip_prefix(&id.to_ascii_lowercase())
                .is_some_and(|rest| rest.starts_with(".execute-api.")),
            Self::LoopbackPort(_) => false,
        }
    }

    pub(crate) fn has_loopback_port(&self, port: u16) -> bool {
        *self == Self::LoopbackPort(port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::{AllowedAddresses, DestinationRefusal, DestinationRules, check};

    #[test]
    fn the_hosts_of_the_service_are_refused_in_every_spelling() {
        let own = vec![OwnAddress::Host("Accounts.Example.com".into()), OwnAddress::Api("a1b2c3".into())];
        let rules = DestinationRules { allowed: AllowedAddresses::Public, own };
        for uri in [
            "https://accounts.example.com/v1.0/tags",
            "http://ACCOUNTS.example.COM.:8080/",
            "https://accounts%2Eexample.com/",
            "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/",
            "https://A1B2C3.execute-api.eu-central-1.api.aws./",
        ] {
            assert_eq!(check(uri, &rules), Err(DestinationRefusal::OwnService), "{uri}");
        }
        for uri in [
            "https://hooks.accounts.example.com/",
            "https://example.com/accounts.example.com",
            "https://xa1b2c3.execute-api.eu-central-1.amazonaws.com/",
            "https://a1b2c3.example.com/",
        ] {
            assert!(check(uri, &rules).is_ok(), "{uri}");
        }
        assert_eq!(OwnAddress::host_of("https://a.example/x"), Some(OwnAddress::Host("a.example".into())));
        assert_eq!(OwnAddress::host_of(""), None);
    }

    #[test]
    fn the_port_of_the_local_service_is_refused_at_every_loopback_address() {
        let rules = DestinationRules {
            allowed: AllowedAddresses::Loopback,
            own: vec![OwnAddress::LoopbackPort(8080)],
        };
        for host in
            ["127.0.0.1", "127.9.8.7", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "LocalHost.", "a.localhost"]
        {
            let refused = Err(DestinationRefusal::OwnService);
            assert_eq!(check(&format!("http://{host}:8080/"), &rules), refused, "{host}");
            assert!(check(&format!("http://{host}:8081/"), &rules).is_ok(), "{host}");
        }
        assert!(check("http://hooks.example:8080/", &rules).is_ok());
        let loopback = |port| rules.is_own_loopback([127, 0, 0, 9].into(), port);
        assert_eq!((loopback(8080), loopback(8081)), (true, false));
        assert!(!rules.is_own_loopback([1, 1, 1, 1].into(), 8080));
    }
}
