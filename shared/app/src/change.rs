//! The loop through which every change of a customer's status goes.
//!
//! Decide from the row, set the alarm that the next state needs, store the next version on condition of the one that
//! was read, remove the alarm that the old state had. The alarm comes first, so that a crash in between leaves a job
//! that finds nothing to do, and never an account without its purge. A lost race waits, reads and decides again.

use custodian_domain::alarm::Job;
use custodian_domain::lifecycle::{Command, Decision, decide};
use custodian_domain::{Alarm, Customer, CustomerId, Reason, Status};

use crate::context::Context;
use crate::failure::{Failure, ignore};
use crate::farewell;
use crate::ports::{Alarms, Change, ChangeCustomers, Committed, MailToken, Verification};
use crate::retry::{Patience, Race};
use crate::scope;

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
    let (mut seen, mut armed) = (seen, None);
    let mut race = Race::new("the customer", Patience::StatusChange);
    loop {
        let before = match seen.take() {
            Some(row) => row,
            None => cx.store.customer(id).await?.ok_or(Reason::CustomerNotFound)?,
        };
        // A link proves the address that it was mailed to, and no other that has taken its place since.
        if verification
            .is_some_and(|(_, link)| before.status() == Status::Initial && before.profile.email != link.email)
        {
            return Err(Reason::InvalidToken.into());
        }
        if let Some(job) = armed.take() {
            disarm_left(cx, &before, job).await;
        }
        let mut after = match decide(&before, command, cx.now())? {
            Decision::Stay => {
                disarm_again(cx, &before, command).await;
                return Ok(Outcome::Stayed(Box::new(before)));
            }
            Decision::NotYet => return Ok(Outcome::NotYet),
            Decision::Change(next) => next,
        };
        let (verification, burn) = verification.unzip();
        if let Some(verification) = verification {
            after.billing_account_id = verification.billing_account.id;
            // What comes with the verification is told too, and was made just before.
            after.webhook_since = Some(verification.billing_account.tm_create);
        }
        let farewell = farewell::seal(cx, &before, &after)?;
        let farewell = farewell.as_ref();
        let step_to = Change { before: &before, after: &after, verification, billing: None, burn, farewell };
        match step(cx, step_to).await? {
            Committed::Done => return Ok(Outcome::Moved { before: Box::new(before), after }),
            Committed::Lost => {
                scope::may_reread()?;
                armed = Alarm::of(&after).map(|alarm| alarm.job);
                race.again(&*cx.sources.entropy).await?;
            }
            Committed::TokenGone => return Err(Reason::InvalidToken.into()),
            Committed::EmailTaken => return Err(Reason::EmailAlreadyExists.into()),
        }
    }
}

/// Removes a job that was set for a state that the row did not get into, where nobody else can need it: the row is gone, or
/// is past that freeze.
async fn disarm_left<S, E: Alarms>(cx: &Context<S, E>, row: &Customer, left: Job) {
    let is_past = match left {
        Job::Purge { freeze, .. } => row.status().is_gone() || freeze <= row.freezes,
        Job::Expire { .. } => row.status() != Status::Initial,
    };
    if is_past && Alarm::of(row).is_none_or(|needed| needed.job != left) {
        ignore(cx.ends.disarm(&left).await, "a job without its state finds nothing to do");
    }
}

/// Removes the job of the last freeze, if the one who made the account leave that state was cut off before doing so and now
/// asks again.
async fn disarm_again<S, E: Alarms>(cx: &Context<S, E>, row: &Customer, command: Command) {
    if row.freezes > 0 && matches!(command, Command::Recover | Command::Delete) {
        disarm_left(cx, row, Job::Purge { customer_id: row.id, freeze: row.freezes }).await;
    }
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
