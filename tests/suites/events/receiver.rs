//! A receiver of webhooks on this machine: it answers as it is told and remembers what came.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response};
use axum::routing::Router;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// What a receiver answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    Status(u16),
    /// With one header.
    With(u16, &'static str, &'static str),
    /// The same, after so many seconds.
    After(u64, u16, &'static str, &'static str),
    /// Nothing, until it is released; then 200.
    Never,
}

/// One request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// When it was sent, in whole seconds of the service's clock.
    pub(crate) fn seconds(&self) -> i64 {
        self.header("webhook-timestamp").unwrap().parse().unwrap()
    }
}

struct Inner {
    port: u16,
    usually: Mutex<Reply>,
    next: Mutex<VecDeque<Reply>>,
    got: Mutex<Vec<Received>>,
    arrived: Notify,
    released: Notify,
}

/// A running receiver; clones are handles on the same one.
#[derive(Clone)]
pub(crate) struct Receiver(Arc<Inner>);

impl Receiver {
    /// One that answers 200.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self(Arc::new(Inner {
            port: listener.local_addr().unwrap().port(),
            usually: Mutex::new(Reply::Status(200)),
            next: Mutex::default(),
            got: Mutex::default(),
            arrived: Notify::new(),
            released: Notify::new(),
        }));
        let app: Router<()> = Router::new().fallback(receive).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        receiver
    }

    pub(crate) fn uri(&self) -> String {
        self.at("/hook")
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.0.port)
    }

    /// From now on it answers so.
    pub(crate) fn usually(&self, reply: Reply) {
        *held(&self.0.usually) = reply;
    }

    /// It answers the next requests so, one by one.
    pub(crate) fn next(&self, replies: &[Reply]) {
        held(&self.0.next).extend(replies);
    }

    /// What has come since the last call, in order.
    pub(crate) fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *held(&self.0.got))
    }

    /// Waits until so many requests are there that nobody has taken.
    pub(crate) async fn arrived(&self, wanted: usize) {
        let all = async {
            loop {
                let another = self.0.arrived.notified();
                if held(&self.0.got).len() >= wanted {
                    return;
                }
                another.await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(10), all).await;
        assert!(in_time.is_ok(), "{} of {wanted} webhooks came", held(&self.0.got).len());
    }

    /// Answers everybody who waits.
    pub(crate) fn release(&self) {
        self.0.released.notify_waiters();
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn receive(State(Receiver(inner)): State<Receiver>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let reply = held(&inner.next).pop_front().unwrap_or(*held(&inner.usually));
    let released = inner.released.notified();
    held(&inner.got).push(Received {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    inner.arrived.notify_one();
    let answer = |status: u16| Response::builder().status(status);
    if let Reply::After(seconds, ..) = reply {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
    match reply {
        Reply::Status(status) => answer(status).body(Body::empty()).unwrap(),
        Reply::With(status, name, value) | Reply::After(_, status, name, value) => {
            answer(status).header(name, value).body(Body::empty()).unwrap()
        }
        Reply::Never => {
            released.await;
            answer(200).body(Body::empty()).unwrap()
        }
    }
}
