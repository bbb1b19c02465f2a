//! HTTPS with the certificates that the computer trusts.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use crate::program::Program;
use crate::stub::response;

/// A server that answers every request. Returns its address and its certificate as PEM.
fn start_server() -> (String, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key);
    let config = Arc::new(config.unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = BufReader::new(StreamOwned::new(connection, stream.unwrap()));
            let mut line = String::new();
            // A client that does not trust the certificate ends the connection here.
            while stream.read_line(&mut line).is_ok_and(|size| size > 2) {
                line.clear();
            }
            let _ = stream.get_mut().write_all(&response(200, &[], json!({ "paused": false })));
            let _ = stream.get_mut().flush();
        }
    });
    let pem =
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(cert.der()));
    (url, pem)
}

#[test]
fn only_a_trusted_certificate_is_accepted() {
    let ((url, certificate), (_, other)) = (start_server(), start_server());
    let program = Program::with_token("encryption", &url, "a-token-of-a-test");
    for (file, content) in [("trusted.pem", certificate), ("other.pem", other)] {
        std::fs::write(program.file(file), content).unwrap();
    }
    program.run_with(&["brake", "status"], "", &[("SSL_CERT_FILE", "trusted.pem")]).ok();
    let message = program.run_with(&["brake", "status"], "", &[("SSL_CERT_FILE", "other.pem")]).fails(5);
    assert!(message.contains("does not trust its certificate"), "{message}");
    let message = program.run_with(&["brake", "status"], "", &[("SSL_CERT_FILE", "missing.pem")]).fails(2);
    assert!(message.contains("missing.pem") && message.contains("SSL_CERT_FILE"), "{message}");
}
