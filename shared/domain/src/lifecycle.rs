//! The state machine of an account: a table of all states and commands, and the effect of each transition. No other code
//! changes a customer's status.

use std::time::Duration;

use crate::customer::{Customer, State, Status};
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;

/// If a job fires at most this long before its deadline, it fails and Lambda retries it. If it fires even earlier, it does
/// nothing.
pub const EARLY_RETRY_WINDOW: Duration = Duration::from_secs(5 * 60);

/// A command that may change a customer's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// The owner opened the verification link.
    Verify,
    /// Freeze now and purge after `grace`.
    Freeze { grace: Duration },
    /// Cancel the unregistration: unfreeze the account.
    Recover,
    /// Delete at once. The owner or a platform admin requested it.
    Delete,
    /// The purge job number `freeze` fired.
    Purge { freeze: u64 },
    /// The expiry job fired.
    Expire,
}

/// The effect of a command in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransitionRule {
    /// The status changes, if the time permits it.
    Change,
    /// Success without a change: the customer is already in the target state, or the command no longer applies.
    Unchanged,
    /// Refused with 409 and this reason.
    Refuse(Reason),
}

/// All states (columns, in the order of [`Status::ALL`]) and commands (rows).
#[rustfmt::skip]
pub const TABLE: [(&str, [TransitionRule; 5]); 6] = {
    use TransitionRule::{Change, Unchanged};
    const INVALID: TransitionRule = TransitionRule::Refuse(Reason::StateInvalid);
    const TOO_LATE: TransitionRule = TransitionRule::Refuse(Reason::VerificationWindowEnded);
    //               initial    active     frozen     deleted    expired
    [
        ("verify",  [Change,    Unchanged, INVALID,   TOO_LATE,  TOO_LATE]),
        ("freeze",  [INVALID,   Change,    Unchanged, INVALID,   INVALID]),
        ("recover", [INVALID,   Unchanged, Change,    INVALID,   INVALID]),
        ("delete",  [Change,    Change,    Change,    Unchanged, INVALID]),
        ("purge",   [Unchanged, Unchanged, Change,    Unchanged, Unchanged]),
        ("expire",  [Change,    Unchanged, Unchanged, Unchanged, Unchanged]),
    ]
};

/// The decision about a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Unchanged,
    /// The job fired slightly early. It must fail, so that it is retried.
    TooEarly,
    /// The next version of the row must be stored.
    Change(Box<Customer>),
}

impl Command {
    pub const fn rule(self, status: Status) -> TransitionRule {
        TABLE[self.table_row()].1[status as usize]
    }

    const fn table_row(self) -> usize {
        match self {
            Self::Verify => 0,
            Self::Freeze { .. } => 1,
            Self::Recover => 2,
            Self::Delete => 3,
            Self::Purge { .. } => 4,
            Self::Expire => 5,
        }
    }

    /// Whether the command leads to the account's deletion. The platform's own account refuses such commands.
    const fn is_destructive(self) -> bool {
        !matches!(self, Self::Verify | Self::Recover)
    }
}

/// Applies a command to a row. The decision depends only on the row and the time.
pub fn decide(customer: &Customer, command: Command, now: Timestamp) -> Result<Decision, Refusal> {
    match command.rule(customer.status()) {
        TransitionRule::Refuse(reason) => Err(reason.into()),
        TransitionRule::Unchanged => Ok(Decision::Unchanged),
        TransitionRule::Change if customer.platform && command.is_destructive() => {
            Err(Reason::StateInvalid.into())
        }
        TransitionRule::Change => apply(customer, command, now),
    }
}

fn apply(customer: &Customer, command: Command, now: Timestamp) -> Result<Decision, Refusal> {
    let due = customer.due().unwrap_or(now);
    let next = match command {
        Command::Verify if now >= due => return Err(Reason::VerificationWindowEnded.into()),
        Command::Recover if now >= due => return Err(Reason::GracePeriodEnded.into()),
        // Webhooks start at verification. Before it, the webhook URI could belong to a stranger.
        Command::Verify => Customer {
            email_verified: true,
            signup: None,
            webhook_since: Some(now),
            ..customer.with_state(State::Active, now)
        },
        Command::Recover => customer.with_state(State::Active, now),
        Command::Freeze { grace } => freeze(customer, grace, now),
        Command::Delete => customer.anonymised(State::Deleted { tm_delete: now }, now),
        Command::Purge { freeze } if freeze != customer.freezes => return Ok(Decision::Unchanged),
        Command::Purge { .. } | Command::Expire if now < due => return Ok(decide_early_job(due, now)),
        Command::Purge { .. } => customer.anonymised(State::Deleted { tm_delete: now }, now),
        Command::Expire => customer.anonymised(State::Expired { tm_delete: now }, now),
    };
    Ok(Decision::Change(Box::new(next)))
}

fn freeze(customer: &Customer, grace: Duration, now: Timestamp) -> Customer {
    let tm_deletion_scheduled = now.plus(grace).rounded_up_to_second();
    Customer {
        epoch: customer.epoch + 1,
        freezes: customer.freezes + 1,
        // A freeze ends all sessions, and a pending address with the session that requested it.
        pending_email: None,
        ..customer.with_state(State::Frozen { tm_frozen: now, tm_deletion_scheduled }, now)
    }
}

fn decide_early_job(due: Timestamp, now: Timestamp) -> Decision {
    if due <= now.plus(EARLY_RETRY_WINDOW) { Decision::TooEarly } else { Decision::Unchanged }
}
