//! Log fields of use cases. A log line has ids, routes, codes and numbers; never a name, an address or another value of a field.

use std::time::Duration;

use custodian_domain::{AgentId, CustomerId};

/// Records the customer of the current request or message, as soon as it is known.
pub fn record_customer(customer: CustomerId) {
    tracing::Span::current().record("customer_id", tracing::field::display(customer));
}

/// Records the agent that sent the current request.
pub fn record_agent(agent: AgentId) {
    tracing::Span::current().record("agent_id", tracing::field::display(agent));
}

/// A duration in milliseconds, with microseconds as fraction.
pub fn millis(span: Duration) -> f64 {
    span.as_micros() as f64 / 1000.0
}
