//! The stand-in of Lambda's Runtime API: it hands out one invocation after the other and takes the answers.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use crate::cloud::now;

/// What a function does, as the Runtime API sees it, and when.
#[derive(Debug)]
pub enum Seen {
    /// It asks for an invocation: its init is over, or its last invocation.
    Asks(Instant),
    Answers(Instant, Value),
    Fails(String),
}

/// The Runtime API for one process.
pub struct Runtime {
    /// What `AWS_LAMBDA_RUNTIME_API` has to say.
    pub address: String,
    invocations: mpsc::UnboundedSender<Value>,
    seen: mpsc::UnboundedReceiver<Seen>,
    serving: JoinHandle<()>,
}

struct Inner {
    invocations: Mutex<mpsc::UnboundedReceiver<Value>>,
    seen: mpsc::UnboundedSender<Seen>,
}

impl Runtime {
    pub async fn start() -> Self {
        let (invocations, waiting) = mpsc::unbounded_channel();
        let (tell, seen) = mpsc::unbounded_channel();
        let inner = Arc::new(Inner { invocations: Mutex::new(waiting), seen: tell });
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(error))
            .with_state(inner);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
            let _ = stream.set_nodelay(true);
        });
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, invocations, seen, serving }
    }

    /// Puts an event where the function's next request for an invocation finds it.
    pub fn invoke(&self, event: Value) {
        self.invocations.send(event).unwrap();
    }

    /// What the function does next.
    pub async fn seen(&mut self) -> Seen {
        self.seen.recv().await.expect("the stand-in runs as long as this")
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn next(State(inner): State<Arc<Inner>>) -> Response {
    let _ = inner.seen.send(Seen::Asks(now()));
    let Some(event) = inner.invocations.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        // In the year 2100: what is measured here is not limited.
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:measured"),
    ];
    (headers, event.to_string()).into_response()
}

async fn response(State(inner): State<Arc<Inner>>, Path(_): Path<String>, body: Bytes) -> StatusCode {
    let at = now();
    let answer = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let _ = inner.seen.send(Seen::Answers(at, answer));
    StatusCode::ACCEPTED
}

async fn error(State(inner): State<Arc<Inner>>, body: Bytes) -> StatusCode {
    let _ = inner.seen.send(Seen::Fails(String::from_utf8_lossy(&body).into_owned()));
    StatusCode::ACCEPTED
}
