//! Receivers behind TLS: certificates are checked against the host name, and the client sends the name (SNI).

use std::sync::{Arc, Mutex};

use custodian_webhook_client::{
    AllowedAddresses, AttemptOutcome, TrustStore, UnreachableCause, WebhookClient,
};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::receiver::{LIMITS, ScriptedResolver, message, read_request};

type HeardNames = Arc<Mutex<Vec<Option<String>>>>;

/// A receiver with a self-signed certificate for `name`: its port, the certificate, and the server names of the
/// clients that completed the handshake.
async fn receiver(name: &str) -> (u16, CertificateDer<'static>, HeardNames) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let (acceptor, heard) = (TlsAcceptor::from(Arc::new(config)), HeardNames::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, recorded) = (listener.local_addr().unwrap().port(), Arc::clone(&heard));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust the certificate disconnects.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            recorded.lock().unwrap().push(stream.get_ref().1.server_name().map(str::to_owned));
            read_request(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        }
    });
    (port, cert.der().clone(), heard)
}

async fn deliver(host: &str, port: u16, trust: TrustStore) -> AttemptOutcome {
    let resolver = ScriptedResolver::of(&[&["127.0.0.1"]]);
    let client = WebhookClient::new(AllowedAddresses::Loopback, &resolver, trust, LIMITS).unwrap();
    client.send(&message(&format!("https://{host}:{port}/"))).await.outcome
}

#[tokio::test]
async fn a_trusted_certificate_for_the_host_is_accepted_and_the_host_name_is_sent() {
    let (port, certificate, heard) = receiver("hooks.example").await;
    let outcome = deliver("hooks.example", port, TrustStore::from_certificates([certificate])).await;
    assert_eq!(outcome, AttemptOutcome::Succeeded { status: 200 });
    assert_eq!(*heard.lock().unwrap(), [Some("hooks.example".to_owned())]);
}

#[tokio::test]
async fn a_wrong_host_name_or_an_unknown_issuer_is_refused_before_the_request_is_sent() {
    let (port, certificate, heard) = receiver("hooks.example").await;
    let trusted = TrustStore::from_certificates([certificate]);
    for (host, trust) in [
        ("other.example", trusted.clone()),
        ("127.0.0.1", trusted),
        ("hooks.example", TrustStore::from_certificates([])),
    ] {
        assert_eq!(
            deliver(host, port, trust).await,
            AttemptOutcome::Unreachable(UnreachableCause::Certificate),
            "{host}"
        );
    }
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_receiver_without_tls_behind_https_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut plain, _) = listener.accept().await.unwrap();
        plain.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        // A socket that is closed with unread bytes would reset the connection.
        read_request(&mut plain).await
    });
    assert_eq!(
        deliver("hooks.example", port, TrustStore::from_certificates([])).await,
        AttemptOutcome::Unreachable(UnreachableCause::Tls)
    );
}
