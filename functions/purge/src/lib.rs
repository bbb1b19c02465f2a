//! Deletes a frozen account at the end of its grace period, when its scheduled job fires.
//!
//! The row decides, not the job. A job that fires a few minutes early fails, so that it is retried. A job that belongs to an
//! earlier state of the account does nothing.

use custodian_app::brake::permits_purges;
use custodian_app::ports::{ChangeCustomers, CountDue, Scheduler};
use custodian_app::{ChangeOutcome, Context, Failure, change};
use custodian_domain::lifecycle::Command;
use custodian_domain::scheduled_job::Job;
use custodian_domain::{Reason, Timestamp};
use custodian_event_sources::EventHandler;

pub struct Purge;

impl<S: ChangeCustomers + CountDue, E: Scheduler> EventHandler<S, E> for Purge {
    type Message = Job;

    async fn handle(&self, cx: &Context<S, E>, job: Job, _: Timestamp) -> Result<(), Failure> {
        let Job::Purge { customer_id, freeze } = job else { return Ok(()) };
        if !permits_purges(cx).await? {
            // After the release of the brake, `reconcile` purges the account.
            return Ok(());
        }
        let done = change(cx, customer_id, None, Command::Purge { freeze }, None).await;
        match done {
            Ok(ChangeOutcome::TooEarly) => Err(Failure::unavailable("the deadline", "not reached yet")),
            Err(failure) if failure.is(Reason::CustomerNotFound) || failure.is(Reason::DeletionsPaused) => {
                Ok(())
            }
            done => done.map(|_| ()),
        }
    }
}
