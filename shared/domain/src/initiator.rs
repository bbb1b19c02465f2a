//! Who initiates a freeze or a deletion.

use serde::{Deserialize, Serialize};

/// The side that requests a change of an account's status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Initiator {
    /// An administrator or an access key of the account, or a delegate.
    #[default]
    Owner,
    /// A platform admin.
    Operator,
}

/// Who or what caused the end of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeletionCause {
    /// An administrator of the account requested the immediate deletion. An access key cannot.
    Owner,
    /// An operator requested the immediate deletion.
    Operator,
    /// The grace period ended.
    Deadline,
    /// The account was not verified in time.
    Expiry,
}

impl DeletionCause {
    pub const ALL: [Self; 4] = [Self::Owner, Self::Operator, Self::Deadline, Self::Expiry];
}

impl From<Initiator> for DeletionCause {
    fn from(initiator: Initiator) -> Self {
        match initiator {
            Initiator::Owner => Self::Owner,
            Initiator::Operator => Self::Operator,
        }
    }
}
