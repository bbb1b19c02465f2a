//! Lets tests observe requests and inject faults.

use std::time::Duration;

use serde_json::Value;

/// The fault to inject into a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The engine runs the request and the client gets the response.
    None,
    /// The engine runs the request after this delay.
    Delay(Duration),
    /// The engine does not run the request; the client gets this status and body.
    Respond(u16, Value),
    /// The engine runs the request, but its response is lost.
    LoseResponse,
    /// The request never reaches the engine.
    LoseRequest,
    /// The client waits forever: no response, and the connection stays open.
    Hang,
}

/// Sees every request of its client to the engine and chooses the fault to inject.
pub trait RequestObserver: Send + Sync {
    fn on_request(&self, operation: &str, body: &Value) -> Fault;

    /// Whether `on_consumed_capacity` is called for every request that the engine runs.
    fn wants_consumed_capacity(&self) -> bool {
        false
    }

    /// Receives the `ConsumedCapacity` of a response.
    fn on_consumed_capacity(&self, _operation: &str, _consumed: &Value) {}

    /// Called when an SDK call starts. One call includes all its retries.
    fn on_call_start(&self) {}

    /// Called when an SDK call has ended.
    fn on_call_end(&self) {}
}

/// Injects no fault.
impl RequestObserver for () {
    fn on_request(&self, _: &str, _: &Value) -> Fault {
        Fault::None
    }
}
