//! Direct invocations by EventBridge Scheduler or by an operator.

use custodian_app::{Context, Failure};
use custodian_domain::Timestamp;
use tracing::field::Empty;
use tracing::{Instrument, info_span};

use crate::handler::{EventHandler, run};

pub async fn handle_invocation<S: Sync, E: Sync, H: EventHandler<S, E>>(
    handler: &H,
    cx: &Context<S, E>,
    message: H::Message,
    stop_at: Timestamp,
) -> Result<(), Failure> {
    let span = info_span!("message", message_type = Empty, customer_id = Empty);
    run(handler, cx, Ok(message), stop_at).instrument(span).await
}
