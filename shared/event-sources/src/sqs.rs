//! SQS queues.

use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use custodian_app::{Context, Failure};
use custodian_domain::Timestamp;
use serde::de::DeserializeOwned;
use tracing::field::Empty;
use tracing::{Instrument, info_span};

use crate::handler::{EventHandler, run};

/// Handles each message of the batch and reports the failed ones.
pub async fn handle_sqs_event<S: Sync, E: Sync, H>(
    handler: &H,
    cx: &Context<S, E>,
    event: SqsEvent,
    stop_at: Timestamp,
) -> SqsBatchResponse
where
    H: EventHandler<S, E>,
    H::Message: DeserializeOwned,
{
    let mut response = SqsBatchResponse::default();
    for record in event.records {
        let message = serde_json::from_str(record.body.as_deref().unwrap_or_default());
        let message = message.map_err(|cause| Failure::unreadable("the message", cause));
        let receive_count = receive_count(&record);
        let span = info_span!(
            "message",
            message_id = record.message_id,
            receive_count,
            message_type = Empty,
            customer_id = Empty
        );
        if run(handler, cx, message, stop_at).instrument(span).await.is_err() {
            let mut failed = BatchItemFailure::default();
            failed.item_identifier = record.message_id.unwrap_or_default();
            response.batch_item_failures.push(failed);
        }
    }
    response
}

/// How often SQS has delivered this message.
fn receive_count(record: &SqsMessage) -> Option<u32> {
    record.attributes.get("ApproximateReceiveCount").and_then(|text| text.parse().ok())
}

/// A failed message, and the delay after which the queue delivers it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redelivery {
    pub receipt_handle: String,
    pub delay: Duration,
}

/// The delay after the first failure. Each further delay is twice as long, up to `LONGEST_DELAY`.
const FIRST_DELAY: Duration = Duration::from_secs(30);
const LONGEST_DELAY: Duration = Duration::from_secs(15 * 60);

/// The redeliveries of the messages that the response reports as failed. A queue whose function may run long has a long visibility
/// timeout, and without a change of the timeout a failed message would stay hidden that long.
pub fn redeliveries(messages: &[SqsMessage], response: &SqsBatchResponse) -> Vec<Redelivery> {
    let failed: Vec<_> = response.batch_item_failures.iter().map(|failed| &*failed.item_identifier).collect();
    let has_failed =
        |message: &&SqsMessage| message.message_id.as_deref().is_some_and(|id| failed.contains(&id));
    let redelivery = |message: &SqsMessage| {
        let earlier = receive_count(message).unwrap_or(1).saturating_sub(1);
        let factor = 1_u32.checked_shl(earlier).unwrap_or(u32::MAX);
        let delay = FIRST_DELAY.saturating_mul(factor).min(LONGEST_DELAY);
        Some(Redelivery { receipt_handle: message.receipt_handle.clone()?, delay })
    };
    messages.iter().filter(has_failed).filter_map(redelivery).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, receive_count: &str) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.message_id = Some(id.to_owned());
        message.receipt_handle = Some(format!("receipt {id}"));
        message.attributes.insert("ApproximateReceiveCount".to_owned(), receive_count.to_owned());
        message
    }

    #[test]
    fn a_message_that_failed_once_comes_back_within_a_minute_and_later_failures_wait_longer() {
        let messages = [message("a", "1"), message("b", "1"), message("c", "3"), message("d", "99")];
        let mut response = SqsBatchResponse::default();
        for id in ["a", "c", "d"] {
            let mut failed = BatchItemFailure::default();
            failed.item_identifier = id.to_owned();
            response.batch_item_failures.push(failed);
        }
        let redeliveries = redeliveries(&messages, &response);
        let seconds: Vec<_> =
            redeliveries.iter().map(|it| (&*it.receipt_handle, it.delay.as_secs())).collect();
        assert_eq!(seconds, [("receipt a", 30), ("receipt c", 120), ("receipt d", 900)]);
    }
}
