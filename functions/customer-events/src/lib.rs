//! Derives events from the change streams, publishes them on the bus, and records the business metrics.

use custodian_app::{Context, Failure};
use custodian_domain::Timestamp;
use custodian_event_sources::EventHandler;
use custodian_events::{EventBus, StreamChange, metrics_of, of_stream_change};

pub struct PublishEvents;

impl<S: Send + Sync, E: EventBus> EventHandler<S, E> for PublishEvents {
    type Message = StreamChange;

    async fn handle(&self, cx: &Context<S, E>, change: StreamChange, _: Timestamp) -> Result<(), Failure> {
        let Some(event) = of_stream_change(&change) else { return Ok(()) };
        cx.services.publish(&[event]).await?;
        cx.metrics.record(&metrics_of(&change));
        Ok(())
    }
}
