//! HTTPS with the certificates that this computer trusts.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use crate::exit::Failure;
use crate::service_url::ServiceUrl;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The service answers within 10 s, or with an error.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest pause of a download.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// An HTTP agent for requests to the service, or to a file that it redirects to. It returns redirects and refusals as they are.
pub(crate) fn new_agent(url: &ServiceUrl, call_timeout: Option<Duration>) -> Result<Agent, Failure> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_per_call(call_timeout)
        .timeout_per_read(Some(READ_TIMEOUT))
        .user_agent(concat!("custodianctl/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls_config(url)?);
    let config = if url.is_local() { config.proxy(None) } else { config };
    Ok(config.build().new_agent())
}

fn tls_config(url: &ServiceUrl) -> Result<TlsConfig, Failure> {
    let found = rustls_native_certs::load_native_certs();
    // Without this check, the service's own certificate would seem to be wrong.
    if found.certs.is_empty() && url.is_encrypted() {
        return Err(no_certificates(found.errors.first()));
    }
    let roots: RootCerts =
        found.certs.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).into();
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .root_certs(roots)
        .build())
}

fn no_certificates(cause: Option<&rustls_native_certs::Error>) -> Failure {
    let cause = cause.map(|error| format!(": {error}")).unwrap_or_default();
    Failure::usage(format!("This computer has no certificates to check the service with{cause}."))
        .hint("Check the variables SSL_CERT_FILE and SSL_CERT_DIR.")
}
