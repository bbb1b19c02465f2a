//! Holds and the brake.

use custodian_domain::{Brake, Hold};
use serde::Serialize;
use uuid::Uuid;

use crate::values::{Text, Time};

/// A hold on an account, as operators see it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Hold"))]
pub struct HoldView<'a> {
    reason: Text<'a, 1024>,
    reference: Text<'a, 255>,
    /// The platform admin who placed the hold.
    placed_by: Uuid,
    /// When the hold ends by itself. `null` for a hold that lasts until it is released.
    until: Option<Time>,
    /// Whether the account's administrators, managers, keys and webhooks get the reason and the reference.
    reason_is_visible: bool,
    tm_create: Time,
}

impl<'a> From<&'a Hold> for HoldView<'a> {
    fn from(hold: &'a Hold) -> Self {
        Self {
            reason: Text(&hold.reason),
            reference: Text(&hold.reference),
            placed_by: hold.placed_by.0,
            until: hold.tm_until.map(Time),
            reason_is_visible: hold.reason_is_visible,
            tm_create: Time(hold.tm_create),
        }
    }
}

/// A hold on an account, as the account's row shows it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OwnHold<'a> {
    /// When the hold ends by itself. `null` for a hold that lasts until it is released.
    until: Option<Time>,
    /// Only if the operator discloses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Text<'a, 1024>>,
    /// Only if the operator discloses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<Text<'a, 255>>,
    tm_create: Time,
}

impl<'a> From<&'a Hold> for OwnHold<'a> {
    fn from(hold: &'a Hold) -> Self {
        let is_visible = hold.reason_is_visible;
        Self {
            until: hold.tm_until.map(Time),
            reason: is_visible.then_some(Text(&hold.reason)),
            reference: is_visible.then_some(Text(&hold.reference)),
            tm_create: Time(hold.tm_create),
        }
    }
}

/// Whether all deletions are paused.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Brake"))]
pub struct BrakeView<'a> {
    paused: bool,
    reason: Text<'a, 1024>,
    /// The platform admin who paused or permitted the deletions. `null` if the hourly limit paused them, or if they were
    /// never paused.
    set_by: Option<Uuid>,
    tm_update: Option<Time>,
    /// The deletions and expiries in about the last hour that count against the limit.
    deletions_within_an_hour: u64,
    /// If more accounts than this are deleted or fall due within an hour, all deletions pause. `0` means no limit.
    max_deletions_per_hour: u32,
}

impl<'a> BrakeView<'a> {
    pub fn new(brake: &'a Brake, deletions_within_an_hour: u64, max_deletions_per_hour: u32) -> Self {
        Self {
            paused: brake.paused,
            reason: Text(&brake.reason),
            set_by: brake.set_by.map(|operator| operator.0),
            tm_update: brake.tm_update.map(Time),
            deletions_within_an_hour,
            max_deletions_per_hour,
        }
    }
}
