//! AWS as a function sees it: DynamoDB by the embedded engine, and ends that take everything, behind TLS.

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

/// What a function trusts in Lambda; certificates are read from a file of this size.
const SYSTEM_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A call that a function has made: when it was being answered here, network and TLS not included.
#[derive(Clone, Debug)]
struct Call {
    begun: Instant,
    ended: Instant,
}

/// What a function has asked of AWS.
#[derive(Clone, Copy, Debug)]
pub struct Calls {
    pub count: usize,
    /// Calls that were being answered at the same moment are one round.
    pub rounds: usize,
    /// How long any of them was being answered.
    pub took: Duration,
}

impl Calls {
    fn of(mut calls: Vec<Call>) -> Self {
        calls.sort_unstable_by_key(|call| call.begun);
        let (mut rounds, mut took, mut until) = (0, Duration::ZERO, None);
        for call in &calls {
            if until.is_none_or(|until| call.begun > until) {
                rounds += 1;
            }
            let from = until.map_or(call.begun, |until: Instant| until.max(call.begun));
            took += call.ended.saturating_duration_since(from);
            until = Some(until.map_or(call.ended, |until| until.max(call.ended)));
        }
        Self { count: calls.len(), rounds, took }
    }
}

/// The endpoint of every service.
pub struct Cloud {
    pub url: String,
    /// The certificates to trust: the system's and the endpoint's own.
    pub trusted: PathBuf,
    calls: Arc<Mutex<Vec<Call>>>,
}

#[derive(Clone)]
struct Answering {
    engine: Engine,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Cloud {
    /// Serves the engine; writes the certificates to trust into `folder`.
    pub async fn over(engine: Engine, folder: &Path) -> Self {
        let (config, authority) = certified();
        let system = std::fs::read_to_string(SYSTEM_BUNDLE).unwrap_or_default();
        let trusted = folder.join("trusted.pem");
        std::fs::write(&trusted, system + &authority).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let answering = Answering { engine, calls: Arc::clone(&calls) };
        let app: Router<()> = Router::new().fallback(answer).with_state(answering);
        let tls = Tls { listener, acceptor: TlsAcceptor::from(Arc::new(config)) };
        tokio::spawn(async move { axum::serve(tls, app).await });
        Self { url, trusted, calls }
    }

    /// The calls since the last time.
    pub fn take(&self) -> Calls {
        Calls::of(std::mem::take(&mut self.calls.lock().unwrap()))
    }
}

/// A certificate for `localhost`, and the authority that has signed it.
fn certified() -> (ServerConfig, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    // Another name than the certificate's, or that would look as if it had signed itself.
    authority.distinguished_name.push(DnType::CommonName, "the measurement's authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    (config, authority.pem())
}

async fn answer(
    State(answering): State<Answering>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let json = [("content-type", "application/x-amz-json-1.0")];
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    let Some((service, operation)) = target.and_then(|target| target.split_once('.')) else {
        // The Scheduler is the one whose requests have a path.
        let created = r#"{"ScheduleArn":"arn:aws:scheduler:us-east-1:000000000000:schedule/jobs/job"}"#;
        let taken = if method == Method::POST { created } else { "{}" };
        answering.note(now());
        return (StatusCode::OK, json, taken.to_owned());
    };
    if !service.starts_with("DynamoDB") {
        answering.note(now());
        return (StatusCode::OK, json, r#"{"MessageId":"00000000-0000-4000-8000-000000000000"}"#.to_owned());
    }
    let begun = now();
    let (engine, name) = (answering.engine.clone(), operation.to_owned());
    let run = move || engine.answer(&name, &body);
    let (status, text) = tokio::task::spawn_blocking(run).await.unwrap();
    answering.note(begun);
    (StatusCode::from_u16(status).unwrap(), json, text)
}

impl Answering {
    fn note(&self, begun: Instant) {
        self.calls.lock().unwrap().push(Call { begun, ended: now() });
    }
}

#[expect(clippy::disallowed_methods, reason = "this measures")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// A listener whose connections are encrypted.
struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, from)) = self.listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            // Who does not get through the handshake is nobody.
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
    fn calls_that_overlap_are_one_round_and_their_time_counts_once() {
        let start = now();
        let at = |ms| start + Duration::from_millis(ms);
        let call = |from, to| Call { begun: at(from), ended: at(to) };
        let calls = Calls::of(vec![call(20, 25), call(0, 10), call(2, 4), call(8, 12)]);
        assert_eq!((calls.count, calls.rounds, calls.took), (4, 2, Duration::from_millis(17)));
    }
}
