//! How functions consume messages: one at a time, and what fails is left for a later attempt. Every message leaves a line
//! in the log, with what it is about, whom it concerns and how long it took.

use std::future::Future;

use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use custodian_app::log::{concerns, millis};
use custodian_app::{Context, Failure};
use custodian_cascade::Sealed;
use custodian_domain::note::Note;
use custodian_domain::{Customer, Timestamp};
use serde::de::DeserializeOwned;
use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};

use crate::Subject;

/// A function behind a queue, a schedule or a stream.
pub trait Consumer<S, E>: Send + Sync + 'static {
    type Message: Subject + Send;

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
        let read = read.map_err(|cause| Failure::unreadable("a message that can be read", cause));
        let receives =
            record.attributes.get("ApproximateReceiveCount").and_then(|text| text.parse::<u64>().ok());
        let span = info_span!(
            "message",
            message_id = record.message_id,
            receives,
            about = Empty,
            customer_id = Empty
        );
        if handle(consumer, cx, read, stop_at).instrument(span).await.is_err() {
            let mut failed = BatchItemFailure::default();
            failed.item_identifier = record.message_id.unwrap_or_default();
            answer.batch_item_failures.push(failed);
        }
    }
    answer
}

/// What a record of one of the streams tells.
#[derive(Clone, Debug)]
pub enum Change {
    /// The old and the new image of a customer.
    Customer { old: Option<Box<Customer>>, new: Option<Box<Customer>> },
    /// What happened to a row that a customer owns.
    Note(Note),
    /// A deletion has ended.
    Sealed(Sealed),
    /// Nothing that anybody is told.
    Silent,
}

/// Handles the records of a stream in order. After a failure the rest waits, since order is the point.
pub async fn stream<S: Sync, E: Sync, C>(
    consumer: &C,
    cx: &Context<S, E>,
    event: StreamEvent,
    stop_at: Timestamp,
) -> DynamoDbEventResponse
where
    C: Consumer<S, E, Message = Change>,
{
    let mut answer = DynamoDbEventResponse::default();
    for record in event.records {
        let number = record.change.sequence_number.clone();
        let span = info_span!("message", message_id = number, about = Empty, customer_id = Empty);
        if handle(consumer, cx, change(record), stop_at).instrument(span).await.is_err() {
            let mut failed = DynamoDbBatchItemFailure::default();
            failed.item_identifier = number;
            answer.batch_item_failures.push(failed);
            break;
        }
    }
    answer
}

/// Handles what the function was invoked with.
pub async fn direct<S: Sync, E: Sync, C: Consumer<S, E>>(
    consumer: &C,
    cx: &Context<S, E>,
    message: C::Message,
    stop_at: Timestamp,
) -> Result<(), Failure> {
    let span = info_span!("message", about = Empty, customer_id = Empty);
    handle(consumer, cx, Ok(message), stop_at).instrument(span).await
}

async fn handle<S: Sync, E: Sync, C: Consumer<S, E>>(
    consumer: &C,
    cx: &Context<S, E>,
    message: Result<C::Message, Failure>,
    stop_at: Timestamp,
) -> Result<(), Failure> {
    let began = cx.now();
    let outcome = match message {
        Ok(message) => {
            Span::current().record("about", &*message.about());
            message.customer().into_iter().for_each(concerns);
            // In a box, since what consumes nests deeply enough for the compiler to give up.
            Box::pin(consumer.consume(cx, message, stop_at)).await
        }
        Err(failure) => Err(failure),
    };
    let latency_ms = millis(cx.now().since(began));
    match &outcome {
        Ok(()) => tracing::info!(latency_ms, "handled"),
        Err(failure) => {
            let reason = failure.reason().key();
            tracing::error!(latency_ms, reason, %failure, "not handled");
        }
    }
    outcome
}

/// The table that a stream is of, by its ARN: `…:table/<name>/stream/<label>`.
fn is_of(record: &EventRecord, table: &str) -> bool {
    let arn = record.event_source_arn.as_deref().unwrap_or_default();
    arn.split('/').nth(1).is_some_and(|name| name.ends_with(table))
}

fn change(record: EventRecord) -> Result<Change, Failure> {
    if is_of(&record, "outbox") {
        // Notes are only ever added; that one is removed again tells nothing.
        return match (record.change.old_image.is_empty(), record.change.new_image.is_empty()) {
            (true, false) => read(record.change.new_image).map(Change::Note),
            _ => Ok(Change::Silent),
        };
    }
    if is_of(&record, "deletions") {
        let is_sealed = |image: &serde_dynamo::Item| image.contains_key("tm_sealed");
        return match (is_sealed(&record.change.old_image), is_sealed(&record.change.new_image)) {
            (false, true) => read(record.change.new_image).map(Change::Sealed),
            _ => Ok(Change::Silent),
        };
    }
    let image = |item: serde_dynamo::Item| if item.is_empty() { Ok(None) } else { read(item).map(Some) };
    Ok(Change::Customer { old: image(record.change.old_image)?, new: image(record.change.new_image)? })
}

fn read<T: DeserializeOwned>(item: serde_dynamo::Item) -> Result<T, Failure> {
    serde_dynamo::from_item(item).map_err(|cause| Failure::unreadable("an image that can be read", cause))
}
