//! The fixtures: a webhook receiver that each test scripts, a resolver, and a client.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use bytes::Bytes;
use custodian_domain::Timestamp;
use custodian_webhook_client::{
    AllowedAddresses, AttemptReport, ClientLimits, Message, MessageId, Method, Resolve, SecretSet,
    SigningSecret, TrustStore, WebhookClient,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(784_111_777_000_000);

pub(crate) const BODY: &str = r#"{"type":"agent_created","data":{"name":"Ann"}}"#;

/// The time limits are long enough for a slow machine. Only the time to read the body is short.
pub(crate) const LIMITS: ClientLimits = ClientLimits {
    total: Duration::from_secs(10),
    connect: Duration::from_secs(5),
    body: Duration::from_millis(50),
    response_bytes: 64 * 1024,
};

/// For receivers that never respond.
pub(crate) const HASTY: ClientLimits = ClientLimits { total: Duration::from_millis(150), ..LIMITS };

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    requests: mpsc::UnboundedReceiver<String>,
}

impl Receiver {
    /// Reads one request per connection, lets `serve` do the rest, and closes the connection.
    pub(crate) async fn new<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, requests) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read_request(&mut stream).await;
                if seen.send(request).is_err() {
                    return;
                }
                tokio::spawn(serve(stream));
            }
        });
        Self { address, requests }
    }

    /// A receiver that responds with these bytes to every request.
    pub(crate) async fn answering(response: impl Into<String>) -> Self {
        let response = response.into();
        Self::new(move |mut stream| {
            let response = response.clone();
            async move {
                // The client may have closed the connection.
                stream.write_all(response.as_bytes()).await.ok();
            }
        })
        .await
    }

    /// The next request as it was on the wire. `None` if there is no further request.
    pub(crate) fn seen(&mut self) -> Option<String> {
        self.requests.try_recv().ok()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// Reads one request, or all bytes until the peer disconnects.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    while stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            break;
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// A resolver that returns one of these lists for each lookup, repeats the last one, and counts the lookups.
#[derive(Default)]
pub(crate) struct ScriptedResolver {
    responses: Mutex<Vec<Vec<IpAddr>>>,
    pub(crate) lookups: AtomicUsize,
}

impl ScriptedResolver {
    pub(crate) fn of(responses: &[&[&str]]) -> Self {
        let parse = |response: &&[&str]| response.iter().map(|address| address.parse().unwrap()).collect();
        Self { responses: Mutex::new(responses.iter().map(parse).collect()), lookups: AtomicUsize::new(0) }
    }
}

impl Resolve for &ScriptedResolver {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        self.lookups.fetch_add(1, Ordering::Relaxed);
        let mut responses = self.responses.lock().unwrap();
        if responses.len() > 1 {
            Ok(responses.remove(0))
        } else {
            responses.first().cloned().ok_or(io::ErrorKind::NotFound.into())
        }
    }
}

pub(crate) fn client(
    allowed: AllowedAddresses,
    resolver: &ScriptedResolver,
) -> WebhookClient<&ScriptedResolver> {
    WebhookClient::new(allowed, resolver, TrustStore::from_certificates([]), LIMITS).unwrap()
}

static SECRETS: LazyLock<SecretSet> = LazyLock::new(|| SecretSet::new(SigningSecret::new([1; 24])));

pub(crate) fn message(uri: &str) -> Message<'_> {
    let id = MessageId::new("msg_1").unwrap();
    Message {
        id,
        method: Method::Post,
        uri,
        body: Bytes::from_static(BODY.as_bytes()),
        secrets: &SECRETS,
        now: NOW,
    }
}

/// Sends a webhook to a URL on this host.
pub(crate) async fn deliver(uri: &str) -> AttemptReport {
    deliver_within(LIMITS, uri).await
}

pub(crate) async fn deliver_within(limits: ClientLimits, uri: &str) -> AttemptReport {
    let resolver = ScriptedResolver::default();
    let client =
        WebhookClient::new(AllowedAddresses::Loopback, &resolver, TrustStore::from_certificates([]), limits)
            .unwrap();
    client.send(&message(uri)).await
}
