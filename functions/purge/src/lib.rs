//! The Scheduler's target: a frozen account whose grace period has ended is deleted.
//!
//! The row decides, not the job: a job that is early by a little fails and is tried again, one that is late or of an
//! earlier state does nothing.

use custodian_app::ports::{Alarms, ChangeCustomers};
use custodian_app::{Context, Failure, Outcome, change};
use custodian_domain::alarm::Job;
use custodian_domain::lifecycle::Command;
use custodian_domain::{Reason, Timestamp};
use custodian_events::Consumer;

pub struct Purge;

impl<S: ChangeCustomers, E: Alarms> Consumer<S, E> for Purge {
    type Message = Job;

    async fn consume(&self, cx: &Context<S, E>, job: Job, _: Timestamp) -> Result<(), Failure> {
        let Job::Purge { customer_id, freeze } = job else { return Ok(()) };
        let done = change(cx, customer_id, None, Command::Purge { freeze }, None).await;
        match done {
            Ok(Outcome::NotYet) => Err(Failure::unavailable("the deadline", "not reached yet")),
            Err(failure) if failure.is(Reason::CustomerNotFound) => Ok(()),
            done => done.map(|_| ()),
        }
    }
}
