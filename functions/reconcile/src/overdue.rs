//! Purging and expiring overdue accounts: their job was lost, or it fired while the brake was on or during a hold.

use custodian_app::hold::apply_deadline;
use custodian_app::ports::{ChangeCustomers, DueCustomers, Scheduler};
use custodian_app::{Context, Failure};
use custodian_domain::{Customer, Status, Timestamp};

use crate::until::{log_failure, run_until};

/// Purges or expires the overdue accounts of this status, except those on hold. Does nothing unless `is_permitted`, which is false
/// while the brake is on, or if the check of the brake failed.
pub(crate) async fn apply_deadlines<S: DueCustomers + ChangeCustomers, E: Scheduler>(
    cx: &Context<S, E>,
    status: Status,
    is_permitted: bool,
    stop_at: Timestamp,
) -> Result<(), Failure> {
    let (mut after, mut outcome) = (None, Ok(()));
    if !is_permitted {
        return outcome;
    }
    loop {
        let page = cx.store.overdue(status, cx.now(), after).await?;
        let apply = |row: Customer| async move { log_failure(row.id, apply_deadline(cx, row).await) };
        let applied = run_until(cx, stop_at, page.customers.into_iter().map(apply).collect()).await;
        outcome = outcome.and(applied.into_iter().collect());
        after = page.next;
        if after.is_none() || cx.now() >= stop_at {
            return outcome;
        }
    }
}
