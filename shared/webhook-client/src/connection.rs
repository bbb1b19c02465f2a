//! Opening the connection of one attempt, to a checked address only.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::destination::DestinationHost;
use crate::outcome::{AttemptOutcome, UnreachableCause};

/// The maximum number of a host's addresses that an attempt tries.
const MAX_ADDRESSES: usize = 4;

/// Connects to the first address that accepts the connection within `timeout_each`. The caller has checked the addresses.
/// Connecting to an address instead of a name avoids a second, unchecked lookup. The error is that of the last address it tried.
#[expect(clippy::disallowed_methods, reason = "the one place that connects to destinations of customers")]
pub(crate) async fn open(
    addresses: &[IpAddr],
    port: u16,
    timeout_each: Duration,
) -> Result<TcpStream, AttemptOutcome> {
    let mut outcome = UnreachableCause::Connection.into();
    for address in addresses.iter().take(MAX_ADDRESSES) {
        let connecting = TcpStream::connect(SocketAddr::new(*address, port));
        outcome = match timeout(timeout_each, connecting).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {
                UnreachableCause::ConnectionRefused.into()
            }
            Ok(Err(_)) => UnreachableCause::Connection.into(),
            Err(_) => AttemptOutcome::TimedOut,
        };
    }
    Err(outcome)
}

/// Starts TLS on a connection. The certificate is checked against the host of the URL, a name or an address. The client also
/// sends a name to the receiver (SNI, RFC 6066).
pub(crate) async fn secure(
    connector: &TlsConnector,
    host: &DestinationHost,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, UnreachableCause> {
    let name = match host {
        DestinationHost::Address(address) => ServerName::IpAddress((*address).into()),
        // A host that is not a DNS name cannot have a certificate.
        DestinationHost::Name(name) => {
            ServerName::try_from(name.clone()).map_err(|_| UnreachableCause::Certificate)?
        }
    };
    connector.connect(name, stream).await.map_err(|error| {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
        match cause {
            Some(rustls::Error::InvalidCertificate(_)) => UnreachableCause::Certificate,
            _ => UnreachableCause::Tls,
        }
    })
}
