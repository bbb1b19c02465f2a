//! The loop through which every change of a customer's status goes.
//!
//! Decide from the row, set the alarm that the next state needs, store the next version on condition of the one that
//! was read, remove the alarm that the old state had. The alarm comes first, so that a crash in between leaves a job
//! that finds nothing to do, and never an account without its purge. A lost race reads and decides again.

use custodian_domain::lifecycle::{Command, Decision, decide};
use custodian_domain::{Alarm, Customer, CustomerId, Reason};

use crate::context::Context;
use crate::failure::{Failure, ignore};
use crate::farewell;
use crate::ports::{Alarms, Change, ChangeCustomers, Committed, MailToken, Verification};
use crate::scope;

/// How often a lost race is decided again.
pub const ATTEMPTS: usize = 5;

/// What a command came to.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It was so already.
    Stayed(Box<Customer>),
    /// The job is a little early and should be tried again.
    NotYet,
    Moved {
        before: Box<Customer>,
        after: Box<Customer>,
    },
}

impl Outcome {
    /// The row as it is now.
    pub fn customer(self) -> Result<Customer, Failure> {
        match self {
            Self::Stayed(customer) | Self::Moved { after: customer, .. } => Ok(*customer),
            Self::NotYet => Err(Failure::unavailable("the deadline", "not reached yet")),
        }
    }
}

/// Applies a command to a customer; `seen` is the row if the caller has just read it.
pub async fn change<S: ChangeCustomers, E: Alarms>(
    cx: &Context<S, E>,
    id: CustomerId,
    seen: Option<Customer>,
    command: Command,
    verification: Option<(&Verification, &MailToken)>,
) -> Result<Outcome, Failure> {
    let mut seen = seen;
    for _ in 0..ATTEMPTS {
        let before = match seen.take() {
            Some(row) => row,
            None => cx.store.customer(id).await?.ok_or(Reason::CustomerNotFound)?,
        };
        let mut after = match decide(&before, command, cx.now())? {
            Decision::Stay => return Ok(Outcome::Stayed(Box::new(before))),
            Decision::NotYet => return Ok(Outcome::NotYet),
            Decision::Change(next) => next,
        };
        let (verification, burn) = verification.unzip();
        if let Some(verification) = verification {
            after.billing_account_id = verification.billing_account.id;
        }
        let farewell = farewell::seal(cx, &before, &after)?;
        let farewell = farewell.as_ref();
        let step_to = Change { before: &before, after: &after, verification, billing: None, burn, farewell };
        match step(cx, step_to).await? {
            Committed::Done => return Ok(Outcome::Moved { before: Box::new(before), after }),
            Committed::Lost => scope::may_reread()?,
            Committed::TokenGone => return Err(Reason::InvalidToken.into()),
            Committed::EmailTaken => return Err(Reason::EmailAlreadyExists.into()),
        }
    }
    Err(Failure::unavailable("the customer", "changed by others each time it was read"))
}

async fn step<S: ChangeCustomers, E: Alarms>(
    cx: &Context<S, E>,
    change: Change<'_>,
) -> Result<Committed, Failure> {
    let (old, new) = (Alarm::of(change.before), Alarm::of(change.after));
    if let Some(alarm) = &new {
        cx.ends.arm(alarm).await?;
    }
    let committed = cx.store.commit(change).await?;
    if let (Committed::Done, Some(alarm)) = (committed, old) {
        ignore(cx.ends.disarm(&alarm.job).await, "a job without its state finds nothing to do");
    }
    Ok(committed)
}
