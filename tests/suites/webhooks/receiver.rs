//! A webhook receiver on this machine, with scripted replies and a record of the requests.

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

/// The reply of a receiver.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    Status(u16),
    /// A status with one header.
    With(u16, &'static str, &'static str),
    /// A status with one header, after this many seconds.
    After(u64, u16, &'static str, &'static str),
    /// No reply until the test releases the receiver, then 200.
    Never,
}

/// One received request.
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

    pub(crate) fn event_type(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// The sending time, in whole seconds of the service's clock.
    pub(crate) fn seconds(&self) -> i64 {
        self.header("webhook-timestamp").unwrap().parse().unwrap()
    }
}

struct Inner {
    port: u16,
    default_reply: Mutex<Reply>,
    next_replies: Mutex<VecDeque<Reply>>,
    received: Mutex<Vec<Received>>,
    arrived: Notify,
    released: Notify,
}

/// A running receiver. Clones are handles of the same receiver.
#[derive(Clone)]
pub(crate) struct Receiver(Arc<Inner>);

impl Receiver {
    /// A receiver that replies 200.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self(Arc::new(Inner {
            port: listener.local_addr().unwrap().port(),
            default_reply: Mutex::new(Reply::Status(200)),
            next_replies: Mutex::default(),
            received: Mutex::default(),
            arrived: Notify::new(),
            released: Notify::new(),
        }));
        let app: Router<()> = Router::new().fallback(receive).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        receiver
    }

    pub(crate) fn uri(&self) -> String {
        self.uri_with_path("/hook")
    }

    pub(crate) fn uri_with_path(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.0.port)
    }

    pub(crate) fn set_default_reply(&self, reply: Reply) {
        *lock(&self.0.default_reply) = reply;
    }

    /// Queues replies to the next requests.
    pub(crate) fn queue_replies(&self, replies: &[Reply]) {
        lock(&self.0.next_replies).extend(replies);
    }

    /// The requests since the last call, in order.
    pub(crate) fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *lock(&self.0.received))
    }

    /// Waits until this many requests have arrived since the last `take`.
    pub(crate) async fn wait_for(&self, expected: usize) {
        let all = async {
            loop {
                let notification = self.0.arrived.notified();
                if lock(&self.0.received).len() >= expected {
                    return;
                }
                notification.await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(10), all).await;
        assert!(in_time.is_ok(), "{} of {expected} webhooks arrived", lock(&self.0.received).len());
    }

    /// Replies to every waiting request.
    pub(crate) fn release(&self) {
        self.0.released.notify_waiters();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn receive(State(Receiver(inner)): State<Receiver>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let reply = lock(&inner.next_replies).pop_front().unwrap_or(*lock(&inner.default_reply));
    let released = inner.released.notified();
    lock(&inner.received).push(Received {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    inner.arrived.notify_one();
    let response = |status: u16| Response::builder().status(status);
    if let Reply::After(seconds, ..) = reply {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
    match reply {
        Reply::Status(status) => response(status).body(Body::empty()).unwrap(),
        Reply::With(status, name, value) | Reply::After(_, status, name, value) => {
            response(status).header(name, value).body(Body::empty()).unwrap()
        }
        Reply::Never => {
            released.await;
            response(200).body(Body::empty()).unwrap()
        }
    }
}
