//! A stub of AWS behind TLS: the embedded engine serves DynamoDB, and calls to every other service succeed without an effect.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use custodian_engine::Engine;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

/// The certificates that a function trusts in Lambda. Parsing a bundle of this size is a part of a cold start.
const SYSTEM_CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The time in which the stub handled a call, without network and TLS.
#[derive(Clone, Debug)]
struct CallSpan {
    started: Instant,
    ended: Instant,
}

/// The AWS calls of a function.
#[derive(Clone, Copy, Debug)]
pub struct CallSummary {
    pub count: usize,
    /// The number of round trips: calls that overlap count as one.
    pub rounds: usize,
    /// The time in which at least one call was being handled.
    pub duration: Duration,
}

impl CallSummary {
    fn of(mut calls: Vec<CallSpan>) -> Self {
        calls.sort_unstable_by_key(|call| call.started);
        let (mut rounds, mut duration, mut until) = (0, Duration::ZERO, None);
        for call in &calls {
            if until.is_none_or(|until| call.started > until) {
                rounds += 1;
            }
            let from = until.map_or(call.started, |until: Instant| until.max(call.started));
            duration += call.ended.saturating_duration_since(from);
            until = Some(until.map_or(call.ended, |until| until.max(call.ended)));
        }
        Self { count: calls.len(), rounds, duration }
    }
}

/// One endpoint for all AWS services.
pub struct AwsStub {
    pub url: String,
    /// The file of the trusted certificates: the system's, and the one of the stub's own authority.
    pub certificates: PathBuf,
    calls: Arc<Mutex<Vec<CallSpan>>>,
}

#[derive(Clone)]
struct Handler {
    engine: Engine,
    calls: Arc<Mutex<Vec<CallSpan>>>,
}

impl AwsStub {
    /// Starts the stub on a free port and writes the trusted certificates to `folder`.
    pub async fn start(engine: Engine, folder: &Path) -> Self {
        let (config, authority) = tls_config();
        let system = std::fs::read_to_string(SYSTEM_CERTIFICATES).unwrap_or_default();
        let certificates = folder.join("certificates.pem");
        std::fs::write(&certificates, system + &authority).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let handler = Handler { engine, calls: Arc::clone(&calls) };
        let app: Router<()> = Router::new().fallback(handle).with_state(handler);
        let listener = TlsListener { listener, acceptor: TlsAcceptor::from(Arc::new(config)) };
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, certificates, calls }
    }

    /// The calls since the previous `take_calls`.
    pub fn take_calls(&self) -> CallSummary {
        CallSummary::of(std::mem::take(&mut self.calls.lock().unwrap()))
    }
}

/// A TLS configuration with a certificate for `localhost`, and the certificate of the authority that signed it.
fn tls_config() -> (ServerConfig, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    // The authority needs a different name than the server. Otherwise the certificate would look self-signed.
    authority.distinguished_name.push(DnType::CommonName, "Custodian measurement CA");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    (config, authority.pem())
}

async fn handle(
    State(handler): State<Handler>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let json = [("content-type", "application/x-amz-json-1.0")];
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    let Some((service, operation)) = target.and_then(|target| target.split_once('.')) else {
        // Of the services that HTTP functions call, only the Scheduler has a protocol without this header.
        let created = r#"{"ScheduleArn":"arn:aws:scheduler:us-east-1:000000000000:schedule/jobs/job"}"#;
        let response = if method == Method::POST { created } else { "{}" };
        handler.record(now());
        return (StatusCode::OK, json, response.to_owned());
    };
    if !service.starts_with("DynamoDB") {
        handler.record(now());
        return (StatusCode::OK, json, r#"{"MessageId":"00000000-0000-4000-8000-000000000000"}"#.to_owned());
    }
    let started = now();
    let (engine, name) = (handler.engine.clone(), operation.to_owned());
    let run = move || engine.handle_request(&name, &body);
    let (status, text) = tokio::task::spawn_blocking(run).await.unwrap();
    handler.record(started);
    (StatusCode::from_u16(status).unwrap(), json, text)
}

impl Handler {
    fn record(&self, started: Instant) {
        self.calls.lock().unwrap().push(CallSpan { started, ended: now() });
    }
}

#[expect(clippy::disallowed_methods, reason = "measures real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// A TCP listener that accepts TLS connections.
struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, from)) = self.listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            // A failed handshake closes only its own connection.
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, from);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_calls_are_one_round_and_their_time_counts_once() {
        let start = now();
        let at = |ms| start + Duration::from_millis(ms);
        let call = |from, to| CallSpan { started: at(from), ended: at(to) };
        let calls = CallSummary::of(vec![call(20, 25), call(0, 10), call(2, 4), call(8, 12)]);
        assert_eq!((calls.count, calls.rounds, calls.duration), (4, 2, Duration::from_millis(17)));
    }
}
