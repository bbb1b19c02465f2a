//! The trusted root certificates.

use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// The root certificates that are trusted for receivers.
#[derive(Clone, Debug)]
pub struct TrustStore(RootCertStore);

/// Why the trust store is unusable.
#[derive(Debug, thiserror::Error)]
pub enum TrustStoreError {
    #[error("the system has no root certificate that can be read")]
    NoRoots,
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
}

impl TrustStore {
    /// The root certificates of the system, as for the AWS clients of this project: the bundle of `SSL_CERT_FILE` or of the
    /// platform. Reading them takes milliseconds, and happens once when a function starts.
    pub fn from_system() -> Result<Self, TrustStoreError> {
        let found = rustls_native_certs::load_native_certs();
        let trust = Self::from_certificates(found.certs);
        if trust.0.is_empty() { Err(TrustStoreError::NoRoots) } else { Ok(trust) }
    }

    /// Trusts only these root certificates. Invalid ones are skipped. With an empty list, no receiver is trusted.
    pub fn from_certificates(roots: impl IntoIterator<Item = CertificateDer<'static>>) -> Self {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots);
        Self(store)
    }

    /// TLS 1.2 or 1.3 with ring, as in the rest of the workspace (see `ARCHITECTURE.md`). Certificates are checked against the
    /// host's name and the system's clock, not the context's clock, because they are issued in real time. Sessions are not
    /// resumed, so that nothing links the deliveries of two customers.
    pub(crate) fn connector(self) -> Result<TlsConnector, TrustStoreError> {
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
    fn invalid_certificates_are_skipped() {
        assert!(TrustStore::from_certificates([CertificateDer::from(vec![1, 2, 3])]).0.is_empty());
        assert!(TrustStore::from_certificates([]).connector().is_ok());
    }
}
