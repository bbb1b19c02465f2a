//! DynamoDB streams.

use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use custodian_app::{Context, Failure};
use custodian_domain::Timestamp;
use custodian_events::StreamChange;
use serde::de::DeserializeOwned;
use tracing::field::Empty;
use tracing::{Instrument, info_span};

use crate::handler::{EventHandler, run};

/// Handles the records of a batch in order and stops at the first failure. Otherwise a later record of a row could overtake an
/// earlier one.
pub async fn handle_stream_event<S: Sync, E: Sync, H>(
    handler: &H,
    cx: &Context<S, E>,
    event: StreamEvent,
    stop_at: Timestamp,
) -> DynamoDbEventResponse
where
    H: EventHandler<S, E, Message = StreamChange>,
{
    let mut response = DynamoDbEventResponse::default();
    for record in event.records {
        let number = record.change.sequence_number.clone();
        let span = info_span!("message", message_id = number, message_type = Empty, customer_id = Empty);
        if run(handler, cx, decode(record), stop_at).instrument(span).await.is_err() {
            let mut failed = DynamoDbBatchItemFailure::default();
            failed.item_identifier = number;
            response.batch_item_failures.push(failed);
            break;
        }
    }
    response
}

/// Whether a record belongs to the stream of this table. The ARN is `…:table/<name>/stream/<label>`.
fn is_of_table(record: &EventRecord, table: &str) -> bool {
    let arn = record.event_source_arn.as_deref().unwrap_or_default();
    arn.split('/').nth(1).is_some_and(|name| name.ends_with(table))
}

fn decode(record: EventRecord) -> Result<StreamChange, Failure> {
    if is_of_table(&record, "outbox") {
        // An outbox record that is written again, or removed by TTL or by the cascade, causes no event.
        return match (record.change.old_image.is_empty(), record.change.new_image.is_empty()) {
            (true, false) => read(record.change.new_image).map(StreamChange::OutboxRecord),
            _ => Ok(StreamChange::Ignored),
        };
    }
    if is_of_table(&record, "deletions") {
        // The attribute stores `tm_completed` of a ledger. A reopened ledger has none.
        let is_completed = |image: &serde_dynamo::Item| image.contains_key("tm_sealed");
        return match (is_completed(&record.change.old_image), is_completed(&record.change.new_image)) {
            (false, true) => read(record.change.new_image).map(StreamChange::CompletedDeletion),
            _ => Ok(StreamChange::Ignored),
        };
    }
    let image = |item: serde_dynamo::Item| if item.is_empty() { Ok(None) } else { read(item).map(Some) };
    Ok(StreamChange::Customer { old: image(record.change.old_image)?, new: image(record.change.new_image)? })
}

fn read<T: DeserializeOwned>(item: serde_dynamo::Item) -> Result<T, Failure> {
    serde_dynamo::from_item(item).map_err(|cause| Failure::unreadable("a stream record", cause))
}
