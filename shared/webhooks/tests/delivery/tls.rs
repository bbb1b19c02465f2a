//! Receivers behind TLS: certificates are checked against the host's name, and the name is told to the receiver.

use std::sync::{Arc, Mutex};

use custodian_webhooks::{Deliverer, Fault, Outcome, Reach, Trust};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::receiver::{LIMITS, Names, message, request};

type HeardNames = Arc<Mutex<Vec<Option<String>>>>;

/// A receiver with a certificate for `name`, signed by itself: its port, the certificate, and the names it was called by.
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
    let (port, noted) = (listener.local_addr().unwrap().port(), Arc::clone(&heard));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust us goes away.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            noted.lock().unwrap().push(stream.get_ref().1.server_name().map(str::to_owned));
            request(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        }
    });
    (port, cert.der().clone(), heard)
}

async fn deliver(host: &str, port: u16, trust: Trust) -> Outcome {
    let names = Names::of(&[&["127.0.0.1"]]);
    let deliverer = Deliverer::new(Reach::Loopback, &names, trust, LIMITS).unwrap();
    deliverer.deliver(&message(&format!("https://{host}:{port}/"))).await.outcome
}

#[tokio::test]
async fn a_trusted_certificate_for_the_host_is_accepted_and_the_host_is_named_to_the_receiver() {
    let (port, certificate, heard) = receiver("hooks.example").await;
    let outcome = deliver("hooks.example", port, Trust::of([certificate])).await;
    assert_eq!(outcome, Outcome::Succeeded { status: 200 });
    assert_eq!(*heard.lock().unwrap(), [Some("hooks.example".to_owned())]);
}

#[tokio::test]
async fn another_name_and_an_unknown_issuer_are_refused_before_anything_is_sent() {
    let (port, certificate, heard) = receiver("hooks.example").await;
    let trusted = Trust::of([certificate]);
    for (host, trust) in
        [("other.example", trusted.clone()), ("127.0.0.1", trusted), ("hooks.example", Trust::of([]))]
    {
        assert_eq!(deliver(host, port, trust).await, Outcome::Unreachable(Fault::Certificate), "{host}");
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
        // Until the other side has gone.
        request(&mut plain).await
    });
    assert_eq!(deliver("hooks.example", port, Trust::of([])).await, Outcome::Unreachable(Fault::Tls));
}
