//! The status of a customer, alone and with its times.

use serde::{Deserialize, Serialize};

use crate::{Initiator, Timestamp};

/// The status with its times. Each status has exactly its own times, so a deadline cannot be missing or left over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum State {
    Initial {
        verify_by: Timestamp,
    },
    Active,
    Frozen {
        tm_frozen: Timestamp,
        tm_deletion_scheduled: Timestamp,
        /// A freeze by an operator is a suspension: until the purge, only an operator ends it.
        #[serde(default)]
        frozen_by: Initiator,
        /// The last reminder of this freeze: how many days before the purge it was due.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_reminder: Option<u16>,
    },
    Deleted {
        tm_delete: Timestamp,
    },
    Expired {
        tm_delete: Timestamp,
    },
}

/// The status without its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Initial,
    Active,
    Frozen,
    Deleted,
    Expired,
}

impl Status {
    /// The statuses of an account that is neither deleted nor expired.
    pub const NOT_TERMINAL: &'static [Self] = &[Self::Initial, Self::Active, Self::Frozen];
    pub const ALL: [Self; 5] = [Self::Initial, Self::Active, Self::Frozen, Self::Deleted, Self::Expired];
    pub const NAMES: [&'static str; 5] = {
        let [initial, active, frozen, deleted, expired] = Self::ALL;
        [initial.as_str(), active.as_str(), frozen.as_str(), deleted.as_str(), expired.as_str()]
    };

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Active => "active",
            Self::Frozen => "frozen",
            Self::Deleted => "deleted",
            Self::Expired => "expired",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// A deleted or expired account never changes its status again, and no credential works for it.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Deleted | Self::Expired)
    }
}

impl State {
    pub const fn status(&self) -> Status {
        match self {
            Self::Initial { .. } => Status::Initial,
            Self::Active => Status::Active,
            Self::Frozen { .. } => Status::Frozen,
            Self::Deleted { .. } => Status::Deleted,
            Self::Expired { .. } => Status::Expired,
        }
    }
}
