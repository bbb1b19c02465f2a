//! The one-off EventBridge Scheduler job of a customer row. The job only invokes a function. The function decides based on the
//! row, not on the job.

use serde::{Deserialize, Serialize};

use crate::{Customer, CustomerId, State, Timestamp};

/// The input of a Scheduler job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "lowercase")]
pub enum Job {
    /// Purge this customer if its current freeze is still number `freeze`.
    Purge { customer_id: CustomerId, freeze: u64 },
    /// Expire this customer if it is still not verified.
    Expire { customer_id: CustomerId },
}

impl Job {
    /// The name of the schedule. Each freeze has its own job, so that the job of an earlier freeze cannot act on a later one.
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

/// A job with its due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduledJob {
    pub job: Job,
    pub due: Timestamp,
}

impl ScheduledJob {
    /// The job that a customer needs in its current state, if any.
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
