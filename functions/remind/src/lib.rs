//! Reminds the owner of a frozen account of its deletion, when a scheduled job fires.
//!
//! The function only records the reminder in the row. The event of this change sends the mail and the webhook. A job that fires a
//! few minutes early fails, so that it is retried. A job that belongs to an earlier state of the account does nothing.

use custodian_app::ports::{ChangeCustomers, Scheduler};
use custodian_app::{ChangeOutcome, Context, Failure, change};
use custodian_domain::lifecycle::Command;
use custodian_domain::scheduled_job::Job;
use custodian_domain::{Reason, Timestamp};
use custodian_event_sources::EventHandler;

pub struct Remind;

impl<S: ChangeCustomers, E: Scheduler> EventHandler<S, E> for Remind {
    type Message = Job;

    async fn handle(&self, cx: &Context<S, E>, job: Job, _: Timestamp) -> Result<(), Failure> {
        let Job::Remind { customer_id, freeze, days } = job else { return Ok(()) };
        let done = change(cx, customer_id, None, Command::Remind { freeze, days }, None).await;
        match done {
            Ok(ChangeOutcome::TooEarly) => Err(Failure::unavailable("the reminder", "not due yet")),
            Err(failure) if failure.is(Reason::CustomerNotFound) => Ok(()),
            done => done.map(|_| ()),
        }
    }
}
