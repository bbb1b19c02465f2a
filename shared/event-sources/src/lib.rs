//! Adapters from Lambda event sources to event handlers: SQS queues, DynamoDB streams and direct invocations.
//!
//! A handler gets one message at a time. If a message fails, the adapter reports it to the event source. Queues and streams deliver
//! it again. For each message, the adapter logs one line with the message type, the customer, the outcome and the latency.

mod direct;
mod dynamodb_stream;
mod handler;
mod sqs;

pub use direct::{handle_invocation, respond_to_invocation};
pub use dynamodb_stream::handle_stream_event;
pub use handler::EventHandler;
pub use sqs::{Redelivery, handle_sqs_event, redeliveries};
