//! The one-off EventBridge Scheduler jobs of a customer row. A job only invokes a function. The function decides based on the
//! row, not on the job.

use std::time::Duration;

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
    /// Remind the owner, `days` days before the purge of freeze number `freeze`.
    Remind { customer_id: CustomerId, freeze: u64, days: u16 },
}

impl Job {
    /// The name of the schedule. Each freeze has its own job, so that the job of an earlier freeze cannot act on a later one.
    pub fn name(&self) -> String {
        match self {
            Self::Purge { customer_id, freeze } => format!("purge-{customer_id}-{freeze}"),
            Self::Expire { customer_id } => format!("expire-{customer_id}"),
            Self::Remind { customer_id, freeze, days } => format!("remind-{customer_id}-{freeze}-{days}"),
        }
    }

    /// The function that the job invokes.
    pub const fn target(&self) -> &'static str {
        match self {
            Self::Purge { .. } => "purge",
            Self::Expire { .. } => "expire",
            Self::Remind { .. } => "remind",
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
    /// The jobs that a customer needs in its current state. `reminders` has the days before the purge at which the owner is
    /// reminded; a reminder that was due by the last change of the row has no job.
    pub fn of(customer: &Customer, reminders: &[u16]) -> Vec<Self> {
        let (customer_id, freeze) = (customer.id, customer.freezes);
        match customer.state {
            State::Initial { verify_by } => vec![Self { job: Job::Expire { customer_id }, due: verify_by }],
            State::Frozen { tm_deletion_scheduled, .. } => {
                let purge = Self { job: Job::Purge { customer_id, freeze }, due: tm_deletion_scheduled };
                let reminders = reminders.iter().map(|&days| Self {
                    job: Job::Remind { customer_id, freeze, days },
                    due: tm_deletion_scheduled.minus(Duration::from_secs(u64::from(days) * 86_400)),
                });
                let in_time = reminders.filter(|reminder| customer.tm_update < reminder.due);
                [purge].into_iter().chain(in_time).collect()
            }
            State::Active | State::Deleted { .. } | State::Expired { .. } => Vec::new(),
        }
    }
}
