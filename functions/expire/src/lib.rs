//! The Scheduler's target: an account that was not verified in time expires.
//!
//! The row decides, not the job: a job that is early by a little fails and is tried again, one that is late or of an
//! earlier state does nothing.

use custodian_app::ports::{Alarms, ChangeCustomers};
use custodian_app::{Context, Failure, Outcome, change};
use custodian_domain::alarm::Job;
use custodian_domain::lifecycle::Command;
use custodian_domain::{Reason, Timestamp};
use custodian_events::Consumer;

pub struct Expire;

impl<S: ChangeCustomers, E: Alarms> Consumer<S, E> for Expire {
    type Message = Job;

    async fn consume(&self, cx: &Context<S, E>, job: Job, _: Timestamp) -> Result<(), Failure> {
        let Job::Expire { customer_id } = job else { return Ok(()) };
        let done = change(cx, customer_id, None, Command::Expire, None).await;
        match done {
            Ok(Outcome::NotYet) => Err(Failure::unavailable("the deadline", "not reached yet")),
            Err(failure) if failure.is(Reason::CustomerNotFound) => Ok(()),
            done => done.map(|_| ()),
        }
    }
}
