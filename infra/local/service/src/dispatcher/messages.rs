//! The functions that consume the queues.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use custodian_app::Failure;
use custodian_event_sources::handle_sqs_event;

use crate::panics::catch_panic;
use crate::services::{
    CASCADE, CASCADE_START, EXPORTS, LocalContext, MAIL, OPERATIONS, REQUESTS, SLOW_WEBHOOKS, WEBHOOKS,
};
use crate::state::StoredMessage;

/// How long one invocation works. It leaves the rest to a later invocation.
pub(super) const TIME_SLICE: Duration = Duration::from_secs(5);
/// The delay before a retry, multiplied by the number of failed attempts.
pub(super) const BACKOFF: Duration = Duration::from_secs(30);
/// The `maxReceiveCount` of every queue in the template. Jobs have as many attempts.
pub(super) const MAX_RECEIVES: u32 = 5;

/// Invokes the function that consumes the message's queue. On success, deletes the message. On failure, schedules its
/// redelivery or moves it to the dead-letter queue. A panic is a failure, too.
pub(super) async fn handle_message(cx: &LocalContext, message: StoredMessage) -> Result<(), Failure> {
    let state = &cx.services.state;
    let is_handled = match catch_panic(invoke(cx, &message)).await {
        Ok(None) => return state.move_to_dead_letters(message.id),
        Ok(Some(response)) => response.batch_item_failures.is_empty(),
        Err(failure) => {
            tracing::error!(%failure, message_id = message.id, "message failed");
            false
        }
    };
    if is_handled {
        return state.delete_message(message.id);
    }
    let failed_receives = message.failed_receives + 1;
    if failed_receives >= MAX_RECEIVES {
        return state.move_to_dead_letters(message.id);
    }
    state.postpone_message(message.id, cx.now().plus(BACKOFF * failed_receives))
}

/// Invokes the function that consumes the message's queue. Returns `None` if no function does.
async fn invoke(cx: &LocalContext, message: &StoredMessage) -> Option<SqsBatchResponse> {
    let (event, stop_at) = (sqs_event(message), cx.now().plus(TIME_SLICE));
    let response = match message.queue.as_str() {
        MAIL => handle_sqs_event(&custodian_fn_mail::SendMail, cx, event, stop_at).await,
        REQUESTS => handle_sqs_event(&custodian_fn_requests::HandleRequest, cx, event, stop_at).await,
        CASCADE_START => handle_sqs_event(&custodian_fn_cascade::Cascade, cx, event, stop_at).await,
        CASCADE => handle_sqs_event(&custodian_fn_cascade_worker::Worker, cx, event, stop_at).await,
        EXPORTS => handle_sqs_event(&custodian_fn_export_worker::WriteExport, cx, event, stop_at).await,
        OPERATIONS => {
            handle_sqs_event(&custodian_fn_operations_terminate::TerminateOperations, cx, event, stop_at)
                .await
        }
        WEBHOOKS | SLOW_WEBHOOKS => {
            handle_sqs_event(&custodian_fn_webhook_deliver::Deliver, cx, event, stop_at).await
        }
        _ => return None,
    };
    Some(response)
}

fn sqs_event(message: &StoredMessage) -> SqsEvent {
    let mut record = SqsMessage::default();
    record.message_id = Some(message.id.to_string());
    record.body = Some(message.body.clone());
    let mut event = SqsEvent::default();
    event.records = vec![record];
    event
}
