//! Whose certificates are believed.

use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// The authorities that vouch for receivers.
#[derive(Clone, Debug)]
pub struct Trust(RootCertStore);

/// Why there is nobody to trust.
#[derive(Debug, thiserror::Error)]
pub enum Untrusting {
    #[error("the system has no root certificate that can be read")]
    NoRoots,
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
}

impl Trust {
    /// The roots of the system, as the AWS clients of this project use them: the bundle that `SSL_CERT_FILE` names or
    /// that the platform comes with. Reading them takes milliseconds; it is done once, when a function starts.
    pub fn of_the_system() -> Result<Self, Untrusting> {
        let found = rustls_native_certs::load_native_certs();
        let trust = Self::of(found.certs);
        if trust.0.is_empty() { Err(Untrusting::NoRoots) } else { Ok(trust) }
    }

    /// These roots alone. What is no certificate is left out; without any, no receiver is trusted.
    pub fn of(roots: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots);
        Self(store)
    }

    /// TLS 1.2 or 1.3 by ring (as the rest of the workspace: see `ARCHITECTURE.md`). Certificates are checked against the
    /// host's name by the system's clock, since they are issued by real time. No session is resumed: nothing links one
    /// customer's delivery to another's.
    pub(crate) fn connector(self) -> Result<TlsConnector, Untrusting> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let mut config = builder
            .with_safe_default_protocol_versions()?
            .with_root_certificates(self.0)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.resumption = Resumption::disabled();
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_left_out() {
        assert!(Trust::of([CertificateDer::from(vec![1, 2, 3])]).0.is_empty());
        assert!(Trust::of([]).connector().is_ok());
    }
}
