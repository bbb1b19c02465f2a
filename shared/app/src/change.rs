//! Every change of a customer's status uses the loop in this module.
//!
//! The loop decides from the row and schedules the job that the next state needs. It then writes the next version, if the row
//! has not changed, and cancels the job of the old state. It schedules the job before it writes the row. A crash between the
//! two leaves a job that has nothing to do, but never a frozen account without a purge job. If the row has changed, the loop
//! waits, rereads the row and decides again.

use custodian_domain::lifecycle::{Command, Decision, decide};
use custodian_domain::scheduled_job::Job;
use custodian_domain::webhook::{EncryptedDestination, NoticeDestination};
use custodian_domain::{Customer, CustomerId, Reason, ScheduledJob, Status};

use crate::context::Context;
use crate::failure::{Failure, ignore};
use crate::notices::encrypt_recipient;
use crate::ports::{
    ChangeCustomers, CustomerChange, CustomerWriteOutcome, EmailConfirmation, MailToken, Scheduler,
    Verification,
};
use crate::request_conditions::permit_reread;
use crate::retry::{Retry, RetryBudget};

/// The outcome of a command.
#[derive(Clone, Debug)]
pub enum ChangeOutcome {
    /// The account is in the target state already.
    Unchanged(Box<Customer>),
    /// The job fired a little early and must be retried.
    TooEarly,
    /// The customer's row, or another row that the verification depends on, changed since it was read.
    Stale,
    Changed {
        before: Box<Customer>,
        after: Box<Customer>,
    },
}

impl ChangeOutcome {
    /// The current row.
    pub fn customer(self) -> Result<Customer, Failure> {
        match self {
            Self::Unchanged(customer) | Self::Changed { after: customer, .. } => Ok(*customer),
            Self::TooEarly => Err(Failure::unavailable("the deadline", "not reached yet")),
            Self::Stale => Err(Failure::unavailable("the customer", "changed meanwhile")),
        }
    }
}

/// The rows that the verification of a new account writes in addition to the customer's row.
#[derive(Clone, Copy, Debug)]
pub struct Activation<'a> {
    pub verification: &'a Verification,
    pub confirmation: &'a EmailConfirmation,
    pub link: &'a MailToken,
}

/// Applies a command to a customer. `row` is the customer's row, if the caller has just read it. After a conflict, a verification
/// returns `Stale` and the caller starts again, because it must also read the rows of the confirmation again.
pub async fn change<S: ChangeCustomers, E: Scheduler>(
    cx: &Context<S, E>,
    id: CustomerId,
    row: Option<Customer>,
    command: Command,
    activation: Option<Activation<'_>>,
) -> Result<ChangeOutcome, Failure> {
    let (mut row, mut scheduled) = (row, None);
    let mut retry = Retry::new("the customer", RetryBudget::StatusChange);
    loop {
        let before = match row.take() {
            Some(row) => row,
            None => cx.store.customer(id).await?.ok_or(Reason::CustomerNotFound)?,
        };
        if let Some(job) = scheduled.take() {
            cancel_orphan(cx, &before, job).await;
        }
        let mut after = match decide(&before, command, cx.now())? {
            Decision::Unchanged => {
                cancel_job_of_last_freeze(cx, &before, command).await;
                return Ok(ChangeOutcome::Unchanged(Box::new(before)));
            }
            Decision::TooEarly => return Ok(ChangeOutcome::TooEarly),
            Decision::Change(next) => next,
        };
        if let Some(Activation { verification, .. }) = activation {
            after.billing_account_id = verification.billing_account.id;
            // Webhooks start with the events of the rows that verification creates. These rows are older than this update of
            // the customer.
            after.webhook_since = Some(verification.billing_account.tm_create);
        }
        let deletion_notice = deletion_notice(cx, &before, &after)?;
        let deletion_mail = encrypt_recipient(cx, &before, &after)?;
        let change = CustomerChange {
            verification: activation.map(|activation| activation.verification),
            confirmation: activation.map(|activation| activation.confirmation),
            used_token: activation.map(|activation| activation.link),
            deletion_notice: deletion_notice.as_ref(),
            deletion_mail: deletion_mail.as_ref(),
            ..CustomerChange::new(&before, &after)
        };
        match commit(cx, change).await? {
            CustomerWriteOutcome::Done => {
                return Ok(ChangeOutcome::Changed { before: Box::new(before), after });
            }
            CustomerWriteOutcome::Stale if activation.is_some() => return Ok(ChangeOutcome::Stale),
            CustomerWriteOutcome::Stale => {
                permit_reread()?;
                scheduled = ScheduledJob::of(&after).map(|scheduled| scheduled.job);
                retry.wait(&*cx.providers.entropy).await?;
            }
            CustomerWriteOutcome::TokenUsed => return Err(Reason::InvalidToken.into()),
            CustomerWriteOutcome::EmailTaken => return Err(Reason::EmailAlreadyExists.into()),
        }
    }
}

/// Encrypts the destination of the deletion notice, because the deletion clears it in the customer's row.
fn deletion_notice<S, E>(
    cx: &Context<S, E>,
    before: &Customer,
    after: &Customer,
) -> Result<Option<EncryptedDestination>, Failure> {
    let Some((destination, until)) = NoticeDestination::of_deleted(before, after) else { return Ok(None) };
    let nonce = cx.providers.random();
    let ciphertext =
        cx.keys.encrypt_for(NoticeDestination::ENCRYPTION_PURPOSE, before.id, &destination, nonce)?;
    Ok(Some(EncryptedDestination { ciphertext, until }))
}

/// Cancels a job that was scheduled for a state that the row did not reach. The job is kept while the row may still need it.
async fn cancel_orphan<S, E: Scheduler>(cx: &Context<S, E>, row: &Customer, orphan: Job) {
    let is_past = match orphan {
        Job::Purge { freeze, .. } => row.status().is_terminal() || freeze <= row.freezes,
        Job::Expire { .. } => row.status() != Status::Initial,
    };
    if is_past && ScheduledJob::of(row).is_none_or(|needed| needed.job != orphan) {
        ignore(cx.services.cancel(&orphan).await, "a job for a past state does nothing");
    }
}

/// Cancels the purge job of the last freeze. An earlier request may have ended the freeze and crashed before it cancelled the
/// job. The retry of that request gets here.
async fn cancel_job_of_last_freeze<S, E: Scheduler>(cx: &Context<S, E>, row: &Customer, command: Command) {
    if row.freezes > 0 && matches!(command, Command::Recover | Command::Delete) {
        cancel_orphan(cx, row, Job::Purge { customer_id: row.id, freeze: row.freezes }).await;
    }
}

async fn commit<S: ChangeCustomers, E: Scheduler>(
    cx: &Context<S, E>,
    change: CustomerChange<'_>,
) -> Result<CustomerWriteOutcome, Failure> {
    let (old, new) = (ScheduledJob::of(change.before), ScheduledJob::of(change.after));
    if let Some(scheduled) = &new {
        cx.services.schedule(scheduled).await?;
    }
    let outcome = cx.store.commit(change).await?;
    if let (CustomerWriteOutcome::Done, Some(scheduled)) = (outcome, old) {
        ignore(cx.services.cancel(&scheduled.job).await, "a job for a past state does nothing");
    }
    Ok(outcome)
}
