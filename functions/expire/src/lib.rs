//! Expires an account that was not verified in time, when its scheduled job fires.
//!
//! The row decides, not the job. A job that fires a few minutes early fails, so that it is retried. A job that belongs to an
//! earlier state of the account does nothing.

use custodian_app::ports::{ChangeCustomers, Scheduler};
use custodian_app::{ChangeOutcome, Context, Failure, change};
use custodian_domain::lifecycle::Command;
use custodian_domain::scheduled_job::Job;
use custodian_domain::{Reason, Timestamp};
use custodian_event_sources::EventHandler;

pub struct Expire;

impl<S: ChangeCustomers, E: Scheduler> EventHandler<S, E> for Expire {
    type Message = Job;

    async fn handle(&self, cx: &Context<S, E>, job: Job, _: Timestamp) -> Result<(), Failure> {
        let Job::Expire { customer_id } = job else { return Ok(()) };
        let done = change(cx, customer_id, None, Command::Expire, None).await;
        match done {
            Ok(ChangeOutcome::TooEarly) => Err(Failure::unavailable("the deadline", "not reached yet")),
            // After the release of the brake, `reconcile` expires the account.
            Err(failure) if failure.is(Reason::CustomerNotFound) || failure.is(Reason::DeletionsPaused) => {
                Ok(())
            }
            done => done.map(|_| ()),
        }
    }
}
