//! Every change of a customer's status uses the loop in this module, except that of a restore run.
//!
//! The loop decides from the row and schedules the job that the next state needs. It then writes the next version, if the row
//! has not changed, and cancels the job of the old state. It schedules the job before it writes the row. A crash between the
//! two leaves a job that has nothing to do, but never a frozen account without a purge job. If the row has changed, the loop
//! waits, rereads the row and decides again.

use custodian_domain::deletion_notice::{DeletionNotice, EncryptedDestination, NoticeDestination};
use custodian_domain::lifecycle::{Command, Decision, decide};
use custodian_domain::scheduled_job::Job;
use custodian_domain::{Customer, CustomerId, DeletionRequest, Reason, ScheduledJob, Status};
use futures::future::{join_all, try_join_all};

use crate::brake::count_deletion;
use crate::context::Context;
use crate::deletion_mails::encrypt_recipients;
use crate::failure::{Failure, ignore};
use crate::ports::{
    ActivationRows, ChangeCustomers, CustomerChange, CustomerWriteOutcome, EmailConfirmation, MailToken,
    Scheduler,
};
use crate::request_conditions::permit_reread;
use crate::retry::{Retry, RetryBudget};

/// The outcome of a command.
#[derive(Clone, Debug)]
pub enum ChangeOutcome {
    /// The account is in the target state already, or the command does not apply to it now.
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

/// What the verification of a new account writes in addition to the customer's row.
#[derive(Clone, Copy, Debug)]
pub struct Activation<'a> {
    pub rows: &'a ActivationRows,
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
    let (mut row, mut scheduled) = (row, Vec::new());
    let mut retry = Retry::new("the customer", RetryBudget::Long);
    loop {
        let before = match row.take() {
            Some(row) => row,
            None => cx.store.customer(id).await?.ok_or(Reason::CustomerNotFound)?,
        };
        cancel_orphans(cx, &before, std::mem::take(&mut scheduled)).await;
        let mut after = match decide(&before, command, cx.now())? {
            Decision::Unchanged => {
                cancel_jobs_of_last_freeze(cx, &before, command).await;
                return Ok(ChangeOutcome::Unchanged(Box::new(before)));
            }
            Decision::TooEarly => return Ok(ChangeOutcome::TooEarly),
            Decision::Change(next) => next,
        };
        if let Some(Activation { rows, .. }) = activation {
            after.billing_account_id = rows.billing_account.id;
            // Webhooks start with the events of the rows that verification creates. These rows are older than this update of
            // the customer.
            after.webhook_since = Some(rows.first_created());
        }
        let notices = deletion_notices(cx, &before, &after)?;
        let recipients = encrypt_recipients(cx, &before, &after)?;
        let change = CustomerChange {
            activation_rows: activation.map(|activation| activation.rows),
            confirmation: activation.map(|activation| activation.confirmation),
            used_token: activation.map(|activation| activation.link),
            deletion: command
                .deletion_cause()
                .map(|cause| DeletionRequest::new(&before, cause, after.tm_update)),
            deletion_notices: &notices,
            deletion_mails: recipients.as_ref(),
            ..CustomerChange::new(&before, &after)
        };
        match commit(cx, change).await? {
            CustomerWriteOutcome::Done => {
                // The end of a signup that nobody verified does not count: anyone can sign up, and could pause all deletions.
                if after.status().is_terminal() && before.signup.is_none() {
                    let is_job = matches!(command, Command::Purge { .. } | Command::Expire);
                    count_deletion(cx, before.due().filter(|_| is_job)).await;
                }
                return Ok(ChangeOutcome::Changed { before: Box::new(before), after });
            }
            CustomerWriteOutcome::Stale if activation.is_some() => return Ok(ChangeOutcome::Stale),
            CustomerWriteOutcome::Stale => {
                permit_reread()?;
                scheduled = jobs_of(cx, &after);
                retry.wait(&*cx.providers.entropy).await?;
            }
            CustomerWriteOutcome::TokenUsed => return Err(Reason::InvalidToken.into()),
            CustomerWriteOutcome::EmailTaken => return Err(Reason::EmailAlreadyExists.into()),
            CustomerWriteOutcome::DeletionsPaused => return Err(Reason::DeletionsPaused.into()),
        }
    }
}

fn jobs_of<S, E>(cx: &Context<S, E>, row: &Customer) -> Vec<Job> {
    ScheduledJob::of(row, &cx.settings.reminder_days).into_iter().map(|scheduled| scheduled.job).collect()
}

/// Encrypts the destinations of the deletion notices, because the deletion clears them in the customer's row.
fn deletion_notices<S, E>(
    cx: &Context<S, E>,
    before: &Customer,
    after: &Customer,
) -> Result<Vec<DeletionNotice>, Failure> {
    let Some(deleted) = after.tm_delete() else { return Ok(Vec::new()) };
    let until = deleted.plus(EncryptedDestination::LIFETIME);
    let encrypt = |(endpoint, to)| {
        let (purpose, nonce) = (NoticeDestination::ENCRYPTION_PURPOSE, cx.providers.random());
        let ciphertext = cx.keys.encrypt_for(purpose, before.id, &to, nonce)?;
        Ok(DeletionNotice { endpoint, destination: EncryptedDestination { ciphertext, until } })
    };
    NoticeDestination::all_of(before).into_iter().map(encrypt).collect()
}

/// Cancels jobs that were scheduled for a state that the row did not reach, or has left. A job is kept while the row may still need
/// it.
async fn cancel_orphans<S, E: Scheduler>(cx: &Context<S, E>, row: &Customer, mut orphans: Vec<Job>) {
    let needed = jobs_of(cx, row);
    orphans.retain(|orphan| {
        let is_past = match orphan {
            Job::Purge { freeze, .. } | Job::Remind { freeze, .. } => {
                row.status().is_terminal() || *freeze <= row.freezes
            }
            Job::Expire { .. } => row.status() != Status::Initial,
        };
        is_past && !needed.contains(orphan)
    });
    cancel(cx, &orphans).await;
}

async fn cancel<S, E: Scheduler>(cx: &Context<S, E>, jobs: &[Job]) {
    for cancelled in join_all(jobs.iter().map(|job| cx.services.cancel(job))).await {
        ignore(cancelled, "a job for a past state does nothing");
    }
}

/// Cancels the jobs of the last freeze. An earlier request may have ended the freeze and crashed before it cancelled the
/// jobs. The retry of that request gets here.
async fn cancel_jobs_of_last_freeze<S, E: Scheduler>(cx: &Context<S, E>, row: &Customer, command: Command) {
    if row.freezes == 0 || !matches!(command, Command::Recover(_) | Command::Delete(_)) {
        return;
    }
    let (customer_id, freeze) = (row.id, row.freezes);
    let reminders = cx.settings.reminder_days.iter().map(|&days| Job::Remind { customer_id, freeze, days });
    cancel_orphans(cx, row, [Job::Purge { customer_id, freeze }].into_iter().chain(reminders).collect())
        .await;
}

async fn commit<S: ChangeCustomers, E: Scheduler>(
    cx: &Context<S, E>,
    change: CustomerChange<'_>,
) -> Result<CustomerWriteOutcome, Failure> {
    let reminders = &cx.settings.reminder_days;
    let (old, new) = (ScheduledJob::of(change.before, reminders), ScheduledJob::of(change.after, reminders));
    let added = new.iter().filter(|job| !old.contains(job));
    try_join_all(added.map(|scheduled| cx.services.schedule(scheduled))).await?;
    let outcome = cx.store.commit(change).await?;
    if outcome == CustomerWriteOutcome::Done {
        // The job of a reminder that is due has fired, and Scheduler deletes it.
        let has_fired =
            |old: &&ScheduledJob| matches!(old.job, Job::Remind { .. }) && old.due <= change.after.tm_update;
        let is_needed = |job: &Job| new.iter().any(|new| new.job == *job);
        let past = old.iter().filter(|old| !has_fired(old)).map(|old| old.job);
        let past: Vec<_> = past.filter(|job| !is_needed(job)).collect();
        cancel(cx, &past).await;
    }
    Ok(outcome)
}
