//! How functions consume messages: one at a time, and what fails is left for a later attempt.

use std::future::Future;

use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use custodian_app::{Context, Failure};
use custodian_domain::{Customer, Timestamp};
use serde::de::DeserializeOwned;

/// A function behind a queue, a schedule or a stream.
pub trait Consumer<S, E>: Send + Sync + 'static {
    type Message: Send;

    /// Handles one message. It may come again, and it may come late; long work stops in time for `stop_at`.
    fn consume(
        &self,
        cx: &Context<S, E>,
        message: Self::Message,
        stop_at: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Handles the messages of a queue and answers which of them failed.
pub async fn queue<S: Sync, E: Sync, C>(
    consumer: &C,
    cx: &Context<S, E>,
    event: SqsEvent,
    stop_at: Timestamp,
) -> SqsBatchResponse
where
    C: Consumer<S, E>,
    C::Message: DeserializeOwned,
{
    let mut answer = SqsBatchResponse::default();
    for record in event.records {
        let read = serde_json::from_str(record.body.as_deref().unwrap_or_default());
        let handled = match read {
            Ok(message) => consumer.consume(cx, message, stop_at).await,
            Err(cause) => Err(Failure::unavailable("a message that can be read", cause)),
        };
        if let Err(failure) = handled {
            tracing::error!(%failure, "a message failed and will be delivered again");
            let mut failed = BatchItemFailure::default();
            failed.item_identifier = record.message_id.unwrap_or_default();
            answer.batch_item_failures.push(failed);
        }
    }
    answer
}

/// The old and the new image of a customer.
#[derive(Clone, Debug)]
pub struct CustomerChange {
    pub old: Option<Customer>,
    pub new: Option<Customer>,
}

/// Handles the records of the customers' stream in order. After a failure the rest waits, since order is the point.
pub async fn stream<S: Sync, E: Sync, C>(
    consumer: &C,
    cx: &Context<S, E>,
    event: StreamEvent,
    stop_at: Timestamp,
) -> DynamoDbEventResponse
where
    C: Consumer<S, E, Message = CustomerChange>,
{
    let mut answer = DynamoDbEventResponse::default();
    for record in event.records {
        let number = record.change.sequence_number.clone();
        let handled = match images(record) {
            Ok(change) => consumer.consume(cx, change, stop_at).await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = handled {
            tracing::error!(%failure, "a change could not be told and will be delivered again");
            let mut failed = DynamoDbBatchItemFailure::default();
            failed.item_identifier = number;
            answer.batch_item_failures.push(failed);
            break;
        }
    }
    answer
}

fn images(record: EventRecord) -> Result<CustomerChange, Failure> {
    let read = |item: serde_dynamo::Item| {
        if item.is_empty() {
            return Ok(None);
        }
        let row = serde_dynamo::from_item(item);
        row.map(Some).map_err(|cause| Failure::unavailable("an image that can be read", cause))
    };
    Ok(CustomerChange { old: read(record.change.old_image)?, new: read(record.change.new_image)? })
}
