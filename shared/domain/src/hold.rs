//! A hold: as long as it lasts, nothing but a restore run deletes or expires the account. An operator places it, for example
//! because a court or the law requires that data is kept.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::fields::Fields;
use crate::refusal::Refusal;
use crate::{AgentId, Timestamp};

/// The maximum number of bytes of a reason.
pub const MAX_REASON: usize = 1024;
/// The maximum number of bytes of a reference.
pub const MAX_REFERENCE: usize = 255;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub reason: String,
    /// The operator's own reference, such as a case number.
    pub reference: String,
    /// The platform admin who placed the hold.
    pub placed_by: AgentId,
    /// When the hold ends by itself. `None` for a hold that lasts until an operator releases it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tm_until: Option<Timestamp>,
    /// Whether the account's administrators, managers, keys and webhooks get the reason and the reference.
    #[serde(default)]
    pub reason_is_visible: bool,
    pub tm_create: Timestamp,
}

impl Hold {
    /// Parses the body of a request that places a hold.
    pub fn read(body: &Map<String, Value>, placed_by: AgentId, now: Timestamp) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let reason = fields.required_text("reason", MAX_REASON);
        let reference = fields.text("reference", MAX_REFERENCE).unwrap_or_default();
        let tm_until = fields.later_time("until", now);
        let reason_is_visible = fields.boolean("reason_is_visible").unwrap_or(false);
        fields.finish(Self { reason, reference, placed_by, tm_until, reason_is_visible, tm_create: now })
    }

    /// Whether the hold lasts at this time.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.tm_until.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_000_000);

    fn read(body: Value) -> Result<Hold, Refusal> {
        Hold::read(body.as_object().unwrap(), AgentId(Uuid::nil()), NOW)
    }

    #[test]
    fn a_hold_needs_a_reason_and_its_end_must_be_in_the_future() {
        let hold = read(json!({ "reason": "court order", "until": "2024-06-20T14:22:36Z" })).unwrap();
        assert!(hold.is_active(NOW) && !hold.is_active(hold.tm_until.unwrap()));
        for refused in [
            json!({}),
            json!({ "reason": "" }),
            json!({ "reason": "x", "until": "2024-06-20T14:22:35Z" }),
            json!({ "reason": "x", "until": "tomorrow" }),
            json!({ "reason": "x", "reason_is_visible": "yes" }),
        ] {
            assert!(read(refused.clone()).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_hold_without_an_end_lasts() {
        let hold = read(json!({ "reason": "court order", "until": null })).unwrap();
        assert!(hold.is_active(Timestamp::from_micros(i64::MAX)));
    }
}
