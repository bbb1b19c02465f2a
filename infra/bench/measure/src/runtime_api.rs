//! A stub of Lambda's Runtime API: it passes invocations to a function and receives its responses.

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

use crate::aws_stub::now;

/// A call of the function to the Runtime API, and its time.
#[derive(Debug)]
pub enum RuntimeEvent {
    /// The function polls for its next invocation, so its init or the last invocation is complete.
    Poll(Instant),
    Response(Instant, Value),
    Error(String),
}

/// The Runtime API for one process.
pub struct RuntimeApi {
    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub address: String,
    invocations: mpsc::UnboundedSender<Value>,
    events: mpsc::UnboundedReceiver<RuntimeEvent>,
    server: JoinHandle<()>,
}

struct Shared {
    invocations: Mutex<mpsc::UnboundedReceiver<Value>>,
    events: mpsc::UnboundedSender<RuntimeEvent>,
}

impl RuntimeApi {
    pub async fn start() -> Self {
        let (invocations, pending) = mpsc::unbounded_channel();
        let (sender, events) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { invocations: Mutex::new(pending), events: sender });
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(error))
            .with_state(shared);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
            let _ = stream.set_nodelay(true);
        });
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, invocations, events, server }
    }

    /// Queues an event for the function's next poll.
    pub fn invoke(&self, event: Value) {
        self.invocations.send(event).unwrap();
    }

    /// Waits for the function's next call.
    pub async fn next_event(&mut self) -> RuntimeEvent {
        self.events.recv().await.expect("the server runs as long as the `RuntimeApi` exists")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    let _ = shared.events.send(RuntimeEvent::Poll(now()));
    let Some(event) = shared.invocations.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        // A date in the year 2100, because a measurement has no deadline.
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:measured"),
    ];
    (headers, event.to_string()).into_response()
}

async fn response(State(shared): State<Arc<Shared>>, Path(_): Path<String>, body: Bytes) -> StatusCode {
    let at = now();
    let response = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let _ = shared.events.send(RuntimeEvent::Response(at, response));
    StatusCode::ACCEPTED
}

async fn error(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    let _ = shared.events.send(RuntimeEvent::Error(String::from_utf8_lossy(&body).into_owned()));
    StatusCode::ACCEPTED
}
