//! SQS queues.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
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
        let receive_count =
            record.attributes.get("ApproximateReceiveCount").and_then(|text| text.parse::<u64>().ok());
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
