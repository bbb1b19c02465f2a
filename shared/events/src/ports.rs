//! The port of the event bus.

use std::future::Future;

use custodian_app::Failure;

use crate::event::Event;

/// EventBridge, or the bus of the local service.
pub trait EventBus: Send + Sync {
    fn publish(&self, events: &[Event]) -> impl Future<Output = Result<(), Failure>> + Send;
}
