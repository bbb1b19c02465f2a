//! The deletion of an account, as its ledger and its receipt describe it. It contains no personal data.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Customer, CustomerId, DeletionCause, State, Timestamp};

/// Who asked for a deletion, when, and when it was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionRequest {
    #[serde(rename = "requested_by")]
    pub cause: DeletionCause,
    /// When the account was frozen or its immediate deletion was requested. `None` for an expiry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tm_requested: Option<Timestamp>,
    pub tm_due: Timestamp,
}

impl DeletionRequest {
    /// The request behind the end of an account at this time. `before` is the row before its end.
    pub fn new(before: &Customer, cause: DeletionCause, now: Timestamp) -> Self {
        let at_once = Self { cause, tm_requested: Some(now), tm_due: now };
        match (cause, before.state) {
            (DeletionCause::Deadline, State::Frozen { tm_frozen, tm_deletion_scheduled, .. }) => {
                Self { tm_requested: Some(tm_frozen), tm_due: tm_deletion_scheduled, ..at_once }
            }
            (DeletionCause::Expiry, State::Initial { verify_by }) => {
                Self { tm_requested: None, tm_due: verify_by, ..at_once }
            }
            _ => at_once,
        }
    }
}

/// How far a deletion is. This is not the account's status. Responses show it, and no row stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeletionState {
    /// The account is frozen and will be deleted.
    Requested,
    /// A hold or the brake stops the deletion.
    Held,
    /// The rows are being deleted.
    Deleting,
    /// Every table was verified to be empty.
    Deleted,
    /// Every table was verified a second time, and the receipt is issued.
    Confirmed,
}

impl DeletionState {
    pub const ALL: [Self; 5] = [Self::Requested, Self::Held, Self::Deleting, Self::Deleted, Self::Confirmed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Held => "held",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
            Self::Confirmed => "confirmed",
        }
    }
}

/// How far the deletion of an account is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionProgress {
    pub id: CustomerId,
    pub state: DeletionState,
    pub tm_requested: Option<Timestamp>,
    pub tm_due: Option<Timestamp>,
    pub tm_started: Option<Timestamp>,
    pub tm_finished: Option<Timestamp>,
    pub tm_confirmed: Option<Timestamp>,
    /// When the rows will probably be deleted.
    pub tm_estimated: Option<Timestamp>,
    /// If only messages about the deletion are still to be sent, until when the service tries.
    pub messages_until: Option<Timestamp>,
    pub tables: Vec<TableProgress>,
    /// The receipt in its compact form.
    pub receipt: Option<String>,
}

/// How far the deletion of a table's rows is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableProgress {
    pub name: &'static str,
    pub deleted: u64,
    /// `None` if the number of rows is not known.
    pub remaining: Option<u64>,
    /// When a consistent query last found no row of the account.
    pub tm_verified: Option<Timestamp>,
}

impl DeletionProgress {
    /// After how many seconds the state is worth another look. `None` once it is final.
    pub fn poll_after(&self, now: Timestamp) -> Option<u64> {
        // An endpoint that accepts the notice at once usually does so within seconds.
        let is_late = self.tm_started.is_some_and(|started| started.plus(Duration::from_secs(60)) < now);
        match self.state {
            DeletionState::Requested | DeletionState::Held => Some(3600),
            DeletionState::Deleting if self.messages_until.is_some() && is_late => Some(60),
            DeletionState::Deleting => Some(5),
            DeletionState::Deleted => Some(60),
            DeletionState::Confirmed => None,
        }
    }
}
