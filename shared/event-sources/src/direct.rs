//! Direct invocations by EventBridge Scheduler or by a person with access to the AWS account.

use custodian_app::{Context, Failure};
use custodian_domain::Timestamp;
use serde_json::Value;
use tracing::field::Empty;
use tracing::{Instrument, info_span};

use crate::handler::{EventHandler, run};

/// Handles an invocation whose caller reads no response.
pub async fn handle_invocation<S: Sync, E: Sync, H: EventHandler<S, E>>(
    handler: &H,
    cx: &Context<S, E>,
    message: H::Message,
    stop_at: Timestamp,
) -> Result<(), Failure> {
    respond_to_invocation(handler, cx, message, stop_at).await.map(|_| ())
}

/// Handles an invocation, and returns the handler's response.
pub async fn respond_to_invocation<S: Sync, E: Sync, H: EventHandler<S, E>>(
    handler: &H,
    cx: &Context<S, E>,
    message: H::Message,
    stop_at: Timestamp,
) -> Result<Value, Failure> {
    let span = info_span!("message", message_type = Empty, customer_id = Empty);
    run(handler, cx, Ok(message), stop_at).instrument(span).await
}
