//! The one way to change a customer's status: a table of all states and commands, and what each move does.

use std::time::Duration;

use crate::customer::{Customer, State, Status};
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;

/// How much too early a job may be and still be tried again instead of being dropped.
pub const EARLY: Duration = Duration::from_secs(5 * 60);

/// Something that wants a customer's status changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// The mail's link was followed.
    Verify,
    /// Unregister: freeze now, purge after `grace`.
    Freeze { grace: Duration },
    /// Cancel the unregistration.
    Recover,
    /// Delete at once: by the owner, or by an operator.
    Delete,
    /// The purge job number `freeze` fired.
    Purge { freeze: u64 },
    /// The expiry job fired.
    Expire,
}

/// What a state makes of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The move is made, if its time has come.
    Move,
    /// It is so already, or it is no longer needed: success without a change.
    Stay,
    /// 409 with this reason.
    Refuse(Reason),
}

/// All states (columns, in the order of [`Status::ALL`]) and commands (rows).
#[rustfmt::skip]
pub const TABLE: [(&str, [Rule; 5]); 6] = {
    use Rule::{Move, Stay};
    const NO: Rule = Rule::Refuse(Reason::StateInvalid);
    const LATE: Rule = Rule::Refuse(Reason::VerificationWindowEnded);
    //             initial active  frozen  deleted expired
    [
        ("verify",  [Move, Stay,   NO,     LATE,   LATE]),
        ("freeze",  [NO,   Move,   Stay,   NO,     NO]),
        ("recover", [NO,   Stay,   Move,   NO,     NO]),
        ("delete",  [Move, Move,   Move,   Stay,   NO]),
        ("purge",   [Stay, Stay,   Move,   Stay,   Stay]),
        ("expire",  [Move, Stay,   Stay,   Stay,   Stay]),
    ]
};

/// What is to be done about a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: answer with the row as it is.
    Stay,
    /// A job that fired a little early: fail, so that it is tried again.
    NotYet,
    /// Store this next version of the row.
    Change(Box<Customer>),
}

impl Command {
    pub const fn rule(self, status: Status) -> Rule {
        TABLE[self.row()].1[status as usize]
    }

    const fn row(self) -> usize {
        match self {
            Self::Verify => 0,
            Self::Freeze { .. } => 1,
            Self::Recover => 2,
            Self::Delete => 3,
            Self::Purge { .. } => 4,
            Self::Expire => 5,
        }
    }

    /// Whether this would take the account away, from which the platform's own is protected.
    const fn takes_away(self) -> bool {
        !matches!(self, Self::Verify | Self::Recover)
    }
}

/// Decides about a command from the row and the time alone.
pub fn decide(customer: &Customer, command: Command, now: Timestamp) -> Result<Decision, Refusal> {
    match command.rule(customer.status()) {
        Rule::Refuse(reason) => Err(reason.into()),
        Rule::Stay => Ok(Decision::Stay),
        Rule::Move if customer.platform && command.takes_away() => Err(Reason::StateInvalid.into()),
        Rule::Move => make_move(customer, command, now),
    }
}

fn make_move(customer: &Customer, command: Command, now: Timestamp) -> Result<Decision, Refusal> {
    let due = customer.due().unwrap_or(now);
    let next = match command {
        Command::Verify if now >= due => return Err(Reason::VerificationWindowEnded.into()),
        Command::Recover if now >= due => return Err(Reason::GracePeriodEnded.into()),
        // From now on it is known that somebody answers for where webhooks go.
        Command::Verify => {
            Customer { email_verified: true, webhook_since: Some(now), ..customer.moved(State::Active, now) }
        }
        Command::Recover => customer.moved(State::Active, now),
        Command::Freeze { grace } => frozen(customer, grace, now),
        Command::Delete => customer.anonymised(State::Deleted { tm_delete: now }, now),
        Command::Purge { freeze } if freeze != customer.freezes => return Ok(Decision::Stay),
        Command::Purge { .. } | Command::Expire if now < due => return Ok(early(due, now)),
        Command::Purge { .. } => customer.anonymised(State::Deleted { tm_delete: now }, now),
        Command::Expire => customer.anonymised(State::Expired { tm_delete: now }, now),
    };
    Ok(Decision::Change(Box::new(next)))
}

fn frozen(customer: &Customer, grace: Duration, now: Timestamp) -> Customer {
    let tm_deletion_scheduled = now.plus(grace).rounded_up_to_second();
    Customer {
        epoch: customer.epoch + 1,
        freezes: customer.freezes + 1,
        // Who asked for another address has lost the session that it was asked for by: it waits no longer.
        pending_email: customer.pending_email.clone().map(|pending| pending.ended_by(now)),
        ..customer.moved(State::Frozen { tm_frozen: now, tm_deletion_scheduled }, now)
    }
}

fn early(due: Timestamp, now: Timestamp) -> Decision {
    if due <= now.plus(EARLY) { Decision::NotYet } else { Decision::Stay }
}
