//! The message to an export worker.

use std::borrow::Cow;

use custodian_app::LogSubject;
use custodian_domain::CustomerId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Asks a worker to write an export, or to continue it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportTask {
    pub customer_id: CustomerId,
    pub export_id: Uuid,
    /// The number of tasks that have continued the export.
    pub hop: u32,
}

impl ExportTask {
    pub const fn first(customer_id: CustomerId, export_id: Uuid) -> Self {
        Self { customer_id, export_id, hop: 0 }
    }

    /// The task that continues this one.
    #[must_use]
    pub const fn next_hop(&self) -> Self {
        Self { hop: self.hop + 1, ..*self }
    }
}

impl LogSubject for ExportTask {
    fn customer_id(&self) -> Option<CustomerId> {
        Some(self.customer_id)
    }

    fn message_type(&self) -> Cow<'_, str> {
        Cow::from("export")
    }
}
