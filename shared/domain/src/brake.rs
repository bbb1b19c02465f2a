//! The brake: it stops all purges, expiries, deletions and cascades of the platform.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::fields::Fields;
use crate::refusal::Refusal;
use crate::{AgentId, Timestamp};

/// The maximum number of bytes of a reason.
pub const MAX_REASON: usize = 1024;

/// The state of the brake.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brake {
    pub paused: bool,
    pub reason: String,
    /// The platform admin who set it. `None` if it tripped by itself, or was never set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_by: Option<AgentId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tm_update: Option<Timestamp>,
}

impl Brake {
    /// Parses the body of a request that sets the brake. Pausing needs a reason.
    pub fn read(body: &Map<String, Value>, operator: AgentId, now: Timestamp) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        fields.require("paused");
        let paused = fields.boolean("paused").unwrap_or(false);
        let reason = if paused {
            fields.required_text("reason", MAX_REASON)
        } else {
            fields.text("reason", MAX_REASON).unwrap_or_default()
        };
        fields.finish(Self { paused, reason, set_by: Some(operator), tm_update: Some(now) })
    }
}
