//! The message to a cascade worker.

use std::borrow::Cow;

use custodian_app::LogSubject;
use custodian_domain::CustomerId;
use serde::{Deserialize, Serialize};

/// Asks a worker to empty one table for one customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CascadeTask {
    pub customer_id: CustomerId,
    pub step: String,
    /// The number of tasks that have continued the step since it was last resumed.
    pub hop: u32,
}

impl CascadeTask {
    pub fn first(customer_id: CustomerId, step: impl Into<String>) -> Self {
        Self { customer_id, step: step.into(), hop: 0 }
    }

    /// The task that continues this one.
    #[must_use]
    pub fn next_hop(&self) -> Self {
        Self { hop: self.hop + 1, ..self.clone() }
    }
}

impl LogSubject for CascadeTask {
    fn customer_id(&self) -> Option<CustomerId> {
        Some(self.customer_id)
    }

    fn message_type(&self) -> Cow<'_, str> {
        Cow::from(&self.step)
    }
}
