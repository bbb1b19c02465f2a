//! Opening the connection of one attempt: to an address that was judged, and to no other.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self};

use crate::destination::Target;
use crate::outcome::Fault;

/// How many addresses of a host are tried.
const TRIED: usize = 4;

/// Connects to the first address that takes the connection within `each`. The addresses have been judged; they are
/// handed to the system as they are, so that nothing is looked up a second time.
#[expect(clippy::disallowed_methods, reason = "the one place that connects to where customers say")]
pub(crate) async fn open(addresses: &[IpAddr], port: u16, each: Duration) -> Result<TcpStream, Fault> {
    for address in addresses.iter().take(TRIED) {
        if let Ok(Ok(stream)) = timeout(each, TcpStream::connect(SocketAddr::new(*address, port))).await {
            return Ok(stream);
        }
    }
    Err(Fault::Connection)
}

/// Secures a connection. The certificate is checked against what the URL names as host: a name, which is also told to
/// the receiver (SNI, RFC 6066), or an address, which is not.
pub(crate) async fn secure(
    connector: &TlsConnector,
    host: &Target,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, Fault> {
    let name = match host {
        Target::Address(address) => ServerName::IpAddress((*address).into()),
        // What is no DNS name has no certificate either.
        Target::Name(name) => ServerName::try_from(name.clone()).map_err(|_| Fault::Certificate)?,
    };
    connector.connect(name, stream).await.map_err(|error| {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
        match cause {
            Some(rustls::Error::InvalidCertificate(_)) => Fault::Certificate,
            _ => Fault::Tls,
        }
    })
}
