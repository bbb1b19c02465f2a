//! What use cases tell the log. A line has ids, routes and codes; never a name, an address or a value.

use std::time::Duration;

use custodian_domain::CustomerId;

/// Says whom the work at hand concerns, as soon as that is known.
pub fn concerns(customer: CustomerId) {
    tracing::Span::current().record("customer_id", tracing::field::display(customer));
}

/// A span of time in the log, to the microsecond.
pub fn millis(span: Duration) -> f64 {
    span.as_micros() as f64 / 1000.0
}
