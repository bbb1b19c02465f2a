//! Adapters from Lambda event sources to event handlers: SQS queues, DynamoDB streams and direct invocations.
//!
//! A handler gets one message at a time. A message that fails is reported to its event source, which delivers it again. Each
//! message leaves one line in the log, with its type, its customer, the outcome and the latency.

mod direct;
mod dynamodb_stream;
mod handler;
mod sqs;

pub use direct::handle_invocation;
pub use dynamodb_stream::handle_stream_event;
pub use handler::EventHandler;
pub use sqs::handle_sqs_event;
