//! The trait for handlers of background functions, and the function that runs them.

use std::future::Future;

use custodian_app::log::{millis, record_customer};
use custodian_app::{Context, Failure, LogSubject};
use custodian_domain::Timestamp;
use serde_json::Value;
use tracing::Span;

/// A function behind a queue, a stream or a schedule, or one that a person invokes.
pub trait EventHandler<S, E>: Send + Sync + 'static {
    type Message: LogSubject + Send;

    /// Handles one message. The message may arrive late or more than once. A handler with long work must return by `stop_at`.
    fn handle(
        &self,
        cx: &Context<S, E>,
        message: Self::Message,
        stop_at: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Handles one message, and returns the response to a direct invocation. By default, the response is null.
    fn respond(
        &self,
        cx: &Context<S, E>,
        message: Self::Message,
        stop_at: Timestamp,
    ) -> impl Future<Output = Result<Value, Failure>> + Send
    where
        S: Sync,
        E: Sync,
    {
        async move { self.handle(cx, message, stop_at).await.map(|()| Value::Null) }
    }
}

/// Runs the handler and logs the outcome. The span needs the empty fields `message_type` and `customer_id`.
pub(crate) async fn run<S: Sync, E: Sync, H: EventHandler<S, E>>(
    handler: &H,
    cx: &Context<S, E>,
    message: Result<H::Message, Failure>,
    stop_at: Timestamp,
) -> Result<Value, Failure> {
    let started = cx.now();
    let outcome = match message {
        Ok(message) => {
            Span::current().record("message_type", &*message.message_type());
            message.customer_id().into_iter().for_each(record_customer);
            // Boxed, because the nested futures of some handlers exceed the compiler's recursion limit.
            Box::pin(handler.respond(cx, message, stop_at)).await
        }
        Err(failure) => Err(failure),
    };
    let latency_ms = millis(cx.now().since(started));
    match &outcome {
        Ok(_) => tracing::info!(latency_ms, "message handled"),
        Err(failure) => {
            let reason = failure.reason().key();
            tracing::error!(latency_ms, reason, %failure, "message failed");
        }
    }
    outcome
}
