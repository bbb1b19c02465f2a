//! A receiver of webhooks: a socket that is served as each test says, and a client that is told where to go.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use custodian_domain::Timestamp;
use custodian_webhooks::{Deliverer, Limits, Message, MessageId, Method, Reach, Report, Resolve, Trust};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(784_111_777_000_000);

pub(crate) const BODY: &str = r#"{"type":"agent_created","data":{"name":"Ann"}}"#;

/// Long enough for any machine; only what comes after the head of an answer is given up soon.
pub(crate) const LIMITS: Limits = Limits {
    total: Duration::from_secs(10),
    connect: Duration::from_secs(5),
    rest: Duration::from_millis(50),
    answer: 64 * 1024,
};

/// For what never answers.
pub(crate) const HASTY: Limits = Limits { total: Duration::from_millis(150), ..LIMITS };

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    requests: mpsc::UnboundedReceiver<String>,
}

impl Receiver {
    /// Reads a request, lets `serve` do the rest, and closes the connection; and so again.
    pub(crate) async fn new<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, requests) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = request(&mut stream).await;
                if seen.send(request).is_err() {
                    return;
                }
                tokio::spawn(serve(stream));
            }
        });
        Self { address, requests }
    }

    /// Answers these bytes to every request.
    pub(crate) async fn answering(answer: impl Into<String>) -> Self {
        let answer = answer.into();
        Self::new(move |mut stream| {
            let answer = answer.clone();
            async move {
                // The other side may have gone.
                stream.write_all(answer.as_bytes()).await.ok();
            }
        })
        .await
    }

    /// The next request that came, as it was on the wire, or nothing if none has come.
    pub(crate) fn seen(&mut self) -> Option<String> {
        self.requests.try_recv().ok()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// Reads a request to the end of its body.
pub(crate) async fn request(stream: &mut (impl AsyncRead + Unpin)) -> String {
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

/// A resolver that gives these answers in turn, the last one for ever, and counts how often it was asked.
#[derive(Default)]
pub(crate) struct Names {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    pub(crate) asked: AtomicUsize,
}

impl Names {
    pub(crate) fn of(answers: &[&[&str]]) -> Self {
        let parse = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
        Self { answers: Mutex::new(answers.iter().map(parse).collect()), asked: AtomicUsize::new(0) }
    }
}

impl Resolve for &Names {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut answers = self.answers.lock().unwrap();
        if answers.len() > 1 {
            Ok(answers.remove(0))
        } else {
            answers.first().cloned().ok_or(io::ErrorKind::NotFound.into())
        }
    }
}

pub(crate) fn deliverer(reach: Reach, names: &Names) -> Deliverer<&Names> {
    Deliverer::new(reach, names, Trust::of([]), LIMITS).unwrap()
}

pub(crate) fn message(uri: &str) -> Message<'_> {
    let id = MessageId::new("msg_1").unwrap();
    Message {
        id,
        method: Method::Post,
        uri,
        body: Bytes::from_static(BODY.as_bytes()),
        secrets: None,
        now: NOW,
    }
}

/// Delivers to a URL of this host.
pub(crate) async fn deliver(uri: &str) -> Report {
    deliver_within(LIMITS, uri).await
}

pub(crate) async fn deliver_within(limits: Limits, uri: &str) -> Report {
    let names = Names::default();
    let deliverer = Deliverer::new(Reach::Loopback, &names, Trust::of([]), limits).unwrap();
    deliverer.deliver(&message(uri)).await
}
