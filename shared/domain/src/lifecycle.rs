//! The state machine of an account: a table of all states and commands, and the effect of each transition. Apart from it,
//! only a restore run changes a customer's status.

use std::time::Duration;

use crate::customer::Customer;
use crate::field_problem::FieldProblem;
use crate::initiator::{DeletionCause, Initiator};
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::status::State;
use crate::time::Timestamp;

/// If a job fires at most this long before its deadline, it fails and Lambda retries it. If it fires even earlier, it does
/// nothing.
pub const EARLY_RETRY_WINDOW: Duration = Duration::from_secs(5 * 60);

/// A command that may change a customer's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// The owner confirmed the e-mail address with the verification link.
    Verify,
    /// The account unregisters: freeze now and purge after `grace`.
    Freeze { grace: Duration },
    /// An operator freezes the account until `until`, or for `grace`, or takes over its freeze. Until the purge, only an operator
    /// can end this freeze.
    Suspend { grace: Duration, until: Option<Timestamp> },
    /// Cancel the unregistration: unfreeze the account.
    Recover(Initiator),
    /// Delete at once.
    Delete(Initiator),
    /// Delete the account if the grace period of freeze number `freeze` is over.
    Purge { freeze: u64 },
    /// Expire the account if its verification window is over.
    Expire,
    /// The reminder job of freeze number `freeze` fired, `days` days before the purge.
    Remind { freeze: u64, days: u16 },
}

/// The effect of a command in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransitionRule {
    /// The row may change. The time, the command's values and the rest of the row decide.
    Change,
    /// Success without a change: the customer is already in the target state, or the command no longer applies.
    Unchanged,
    /// Refused with 409 and this reason.
    Refuse(Reason),
}

/// The rules of a command in all states.
#[derive(Clone, Copy, Debug)]
pub struct CommandRules {
    pub command: &'static str,
    /// In the order of [`COLUMNS`].
    pub rules: [TransitionRule; 6],
    /// The rule instead of a change, as long as the account is on hold.
    pub on_hold: TransitionRule,
}

/// The states of the table. A frozen account is suspended if an operator froze it or took over its freeze.
pub const COLUMNS: [&str; 6] = ["initial", "active", "frozen", "suspended", "deleted", "expired"];

const fn rules(command: &'static str, rules: [TransitionRule; 6], on_hold: TransitionRule) -> CommandRules {
    CommandRules { command, rules, on_hold }
}

/// All states (columns) and commands (rows).
#[rustfmt::skip]
pub const TABLE: [CommandRules; 10] = {
    use TransitionRule::{Change, Unchanged};
    const INVALID: TransitionRule = TransitionRule::Refuse(Reason::StateInvalid);
    const TOO_LATE: TransitionRule = TransitionRule::Refuse(Reason::VerificationWindowEnded);
    const SUSPENDED: TransitionRule = TransitionRule::Refuse(Reason::FrozenByOperator);
    const HELD: TransitionRule = TransitionRule::Refuse(Reason::AccountHeld);
    //                            initial    active     frozen     suspended  deleted    expired     on hold
    [
        rules("verify",              [Change,    Unchanged, INVALID,   INVALID,   TOO_LATE,  TOO_LATE],  Change),
        rules("freeze",              [INVALID,   Change,    Unchanged, Unchanged, INVALID,   INVALID],   Change),
        rules("suspend",             [INVALID,   Change,    Change,    Change,    INVALID,   INVALID],   Change),
        rules("recover by owner",    [INVALID,   Unchanged, Change,    SUSPENDED, INVALID,   INVALID],   Change),
        rules("recover by operator", [INVALID,   Unchanged, Change,    Change,    INVALID,   INVALID],   Change),
        rules("delete by owner",     [Change,    Change,    Change,    SUSPENDED, Unchanged, INVALID],   HELD),
        rules("delete by operator",  [Change,    Change,    Change,    Change,    Unchanged, INVALID],   HELD),
        rules("purge",               [Unchanged, Unchanged, Change,    Change,    Unchanged, Unchanged], Unchanged),
        rules("expire",              [Change,    Unchanged, Unchanged, Unchanged, Unchanged, Unchanged], Unchanged),
        rules("remind",              [Unchanged, Unchanged, Change,    Change,    Unchanged, Unchanged], Unchanged),
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
    pub const fn rules(self) -> CommandRules {
        TABLE[match self {
            Self::Verify => 0,
            Self::Freeze { .. } => 1,
            Self::Suspend { .. } => 2,
            Self::Recover(Initiator::Owner) => 3,
            Self::Recover(Initiator::Operator) => 4,
            Self::Delete(Initiator::Owner) => 5,
            Self::Delete(Initiator::Operator) => 6,
            Self::Purge { .. } => 7,
            Self::Expire => 8,
            Self::Remind { .. } => 9,
        }]
    }

    pub const fn rule(self, state: &State) -> TransitionRule {
        self.rules().rules[match state {
            State::Initial { .. } => 0,
            State::Active => 1,
            State::Frozen { frozen_by: Initiator::Owner, .. } => 2,
            State::Frozen { frozen_by: Initiator::Operator, .. } => 3,
            State::Deleted { .. } => 4,
            State::Expired { .. } => 5,
        }]
    }

    /// Whether the command leads to the account's deletion, or reminds of it. Such commands never change the platform's own
    /// account.
    const fn is_destructive(self) -> bool {
        !matches!(self, Self::Verify | Self::Recover(_))
    }

    /// The cause of the deletion, if the command ends the account.
    pub fn deletion_cause(self) -> Option<DeletionCause> {
        match self {
            Self::Delete(initiator) => Some(initiator.into()),
            Self::Purge { .. } => Some(DeletionCause::Deadline),
            Self::Expire => Some(DeletionCause::Expiry),
            _ => None,
        }
    }
}

/// Applies a command to a row. The decision depends only on the row and the time.
pub fn decide(customer: &Customer, command: Command, now: Timestamp) -> Result<Decision, Refusal> {
    let rule = match command.rule(&customer.state) {
        TransitionRule::Change if customer.active_hold(now).is_some() => command.rules().on_hold,
        rule => rule,
    };
    match rule {
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
    let is_held = customer.active_hold(now).is_some();
    let next = match command {
        Command::Verify if now >= due => return Err(Reason::VerificationWindowEnded.into()),
        // As long as a hold prevents the purge, the account can be recovered.
        Command::Recover(_) if now >= due && !is_held => return Err(Reason::GracePeriodEnded.into()),
        // Webhooks start at verification. Before it, the webhook URI could belong to a stranger.
        Command::Verify => Customer {
            email_verified: true,
            signup: None,
            webhook_since: Some(now),
            ..customer.with_state(State::Active, now)
        },
        Command::Recover(_) => customer.with_state(State::Active, now),
        Command::Freeze { grace } => freeze(customer, now.plus(grace), Initiator::Owner, now),
        Command::Suspend { grace, until } => return suspend(customer, grace, until, now),
        Command::Delete(_) => customer.anonymised(State::Deleted { tm_delete: now }, now),
        Command::Purge { freeze } | Command::Remind { freeze, .. } if freeze != customer.freezes => {
            return Ok(Decision::Unchanged);
        }
        Command::Purge { .. } | Command::Expire if now < due => return Ok(decide_early_job(due, now)),
        Command::Purge { .. } => customer.anonymised(State::Deleted { tm_delete: now }, now),
        Command::Expire => customer.anonymised(State::Expired { tm_delete: now }, now),
        Command::Remind { days, .. } => return Ok(remind(customer, days, now)),
    };
    Ok(Decision::Change(Box::new(next)))
}

/// Freezes the account. The deadline is rounded up to a second.
fn freeze(customer: &Customer, due: Timestamp, frozen_by: Initiator, now: Timestamp) -> Customer {
    let tm_deletion_scheduled = due.rounded_up_to_second();
    let state = State::Frozen { tm_frozen: now, tm_deletion_scheduled, frozen_by, last_reminder: None };
    Customer {
        epoch: customer.epoch + 1,
        freezes: customer.freezes + 1,
        // A freeze ends all sessions, and a pending address with the session that requested it.
        pending_email: None,
        ..customer.with_state(state, now)
    }
}

/// Freezes an active account for an operator, or takes over and extends a freeze. A freeze is never shortened. A later
/// deadline has its own purge job, so it counts as another freeze.
fn suspend(
    customer: &Customer,
    grace: Duration,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let State::Frozen { tm_frozen, tm_deletion_scheduled, frozen_by, last_reminder } = customer.state else {
        let due = until.unwrap_or(now.plus(grace));
        return Ok(Decision::Change(Box::new(freeze(customer, due, Initiator::Operator, now))));
    };
    if now >= tm_deletion_scheduled && customer.active_hold(now).is_none() {
        return Err(Reason::GracePeriodEnded.into());
    }
    let due = until.map_or(tm_deletion_scheduled, Timestamp::rounded_up_to_second);
    if due < tm_deletion_scheduled {
        let problem = FieldProblem::BeforeSetDeletion;
        return Err(Refusal::field(Reason::InvalidArgument, "tm_deletion_scheduled", problem));
    }
    let is_later = due > tm_deletion_scheduled;
    if frozen_by == Initiator::Operator && !is_later {
        return Ok(Decision::Unchanged);
    }
    let (frozen_by, last_reminder) = (Initiator::Operator, last_reminder.filter(|_| !is_later));
    let state = State::Frozen { tm_frozen, tm_deletion_scheduled: due, frozen_by, last_reminder };
    let freezes = customer.freezes + u64::from(is_later);
    Ok(Decision::Change(Box::new(Customer { freezes, ..customer.with_state(state, now) })))
}

/// Records a reminder, unless it or a later one was sent, or the purge is due.
fn remind(customer: &Customer, days: u16, now: Timestamp) -> Decision {
    let State::Frozen { tm_frozen, tm_deletion_scheduled, frozen_by, last_reminder } = customer.state else {
        return Decision::Unchanged;
    };
    let from = tm_deletion_scheduled.minus(Duration::from_secs(u64::from(days) * 86_400));
    if now < from {
        return decide_early_job(from, now);
    }
    if now >= tm_deletion_scheduled || last_reminder.is_some_and(|last| last <= days) {
        return Decision::Unchanged;
    }
    let state = State::Frozen { tm_frozen, tm_deletion_scheduled, frozen_by, last_reminder: Some(days) };
    Decision::Change(Box::new(customer.with_state(state, now)))
}

fn decide_early_job(due: Timestamp, now: Timestamp) -> Decision {
    if due <= now.plus(EARLY_RETRY_WINDOW) { Decision::TooEarly } else { Decision::Unchanged }
}
