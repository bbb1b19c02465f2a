//! The one-off job of a row: an alarm clock, while the row stays the truth.

use serde::{Deserialize, Serialize};

use crate::{Customer, CustomerId, State, Timestamp};

/// What a Scheduler job says when it fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "lowercase")]
pub enum Job {
    /// Purge this customer, if it is still in its freeze number `freeze`.
    Purge { customer_id: CustomerId, freeze: u64 },
    /// Expire this customer, if it is still not verified.
    Expire { customer_id: CustomerId },
}

impl Job {
    /// The job's name; a later freeze has another one, so that an old job can never act for it.
    pub fn name(&self) -> String {
        match self {
            Self::Purge { customer_id, freeze } => format!("purge-{customer_id}-{freeze}"),
            Self::Expire { customer_id } => format!("expire-{customer_id}"),
        }
    }

    /// The function that the job invokes.
    pub const fn target(&self) -> &'static str {
        match self {
            Self::Purge { .. } => "purge",
            Self::Expire { .. } => "expire",
        }
    }
}

/// A job and when it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    pub job: Job,
    pub due: Timestamp,
}

impl Alarm {
    /// The alarm that belongs to a row in its present state, if any.
    pub const fn of(customer: &Customer) -> Option<Self> {
        let customer_id = customer.id;
        match customer.state {
            State::Initial { verify_by } => Some(Self { job: Job::Expire { customer_id }, due: verify_by }),
            State::Frozen { tm_deletion_scheduled, .. } => {
                let job = Job::Purge { customer_id, freeze: customer.freezes };
                Some(Self { job, due: tm_deletion_scheduled })
            }
            State::Active | State::Deleted { .. } | State::Expired { .. } => None,
        }
    }
}
