//! The message that asks for one delivery attempt.

use std::borrow::Cow;

use custodian_app::LogSubject;
use custodian_domain::CustomerId;
use custodian_events::Event;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One attempt to deliver an event. It identifies the change and contains no values.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeliveryJob {
    /// EventBridge puts the event into the field `detail` of its message.
    #[serde(rename = "detail")]
    pub event: Event,
    #[serde(default = "first_attempt")]
    pub attempt: u32,
    /// Whether the job is in the queue of slow endpoints.
    #[serde(default, skip_serializing_if = "is_false")]
    pub slow: bool,
    /// Whether an administrator asked for this attempt.
    #[serde(rename = "asked", default, skip_serializing_if = "is_false")]
    pub requested: bool,
}

impl DeliveryJob {
    pub const fn first(event: Event) -> Self {
        Self { event, attempt: 1, slow: false, requested: false }
    }

    /// The job of the next automatic attempt.
    pub(crate) fn next_attempt(&self) -> Self {
        Self { attempt: self.attempt + 1, ..Self::first(self.event.clone()) }
    }

    /// The name of the attempt's one-off job. An attempt that is scheduled twice has the same name.
    pub(crate) fn name(&self, delivery: Uuid) -> String {
        format!("webhook-{delivery}-{}", self.attempt)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

const fn first_attempt() -> u32 {
    1
}

impl LogSubject for DeliveryJob {
    fn customer_id(&self) -> Option<CustomerId> {
        Some(self.event.customer_id)
    }

    fn message_type(&self) -> Cow<'_, str> {
        Cow::from(self.event.event_type.to_string())
    }
}
