//! Placing and releasing a hold on an account that is not terminal. A hold on a deletion under way is in its ledger
//! (`custodian_cascade`).

use std::time::Duration;

use custodian_domain::lifecycle::Command;
use custodian_domain::{Customer, Hold, Reason, Refusal, Status};
use tokio::time::timeout;

use crate::change::change;
use crate::context::Context;
use crate::failure::{Failure, ignore};
use crate::ports::{ChangeCustomers, Scheduler};
use crate::request_conditions::{RequestConditions, with_conditions};
use crate::update::update;

/// The time for ending an overdue account within the request that releases its hold. The request itself has nine seconds.
const DEADLINE_TIMEOUT: Duration = Duration::from_secs(4);

/// Places a hold on an account that is neither deleted nor expired, in place of an earlier hold.
pub async fn place_hold<S: ChangeCustomers, E>(
    cx: &Context<S, E>,
    customer: Customer,
    hold: Hold,
) -> Result<Customer, Failure> {
    let permits = |customer: &Customer| require_holdable(customer);
    update(cx, customer, permits, |customer, now| customer.with_hold(Some(hold.clone()), now)).await
}

fn require_holdable(customer: &Customer) -> Result<(), Refusal> {
    if customer.status().is_terminal() { Err(Reason::StateInvalid.into()) } else { Ok(()) }
}

/// Releases the hold, and applies the deadline that passed in the meantime. Returns the released hold. It releases only the hold
/// that was read: another operator may place a new one at the same time, and that one must last.
pub async fn release_hold<S: ChangeCustomers, E: Scheduler>(
    cx: &Context<S, E>,
    customer: Customer,
) -> Result<Hold, Failure> {
    let hold = customer.hold.clone().ok_or(Reason::HoldNotFound)?;
    let permits = |customer: &Customer| match &customer.hold {
        Some(current) if *current == hold => require_holdable(customer),
        Some(_) => Err(Reason::HoldReplaced.into()),
        None => Err(Reason::HoldNotFound.into()),
    };
    let released = update(cx, customer, permits, |customer, now| customer.with_hold(None, now)).await?;
    if released.due().is_some_and(|due| due <= cx.now()) {
        // The hold is released, so the request has succeeded. Its conditions do not apply to the end of the account.
        let deadline = with_conditions(RequestConditions::default(), apply_deadline(cx, released));
        let applied = timeout(DEADLINE_TIMEOUT, deadline).await;
        let applied = applied.unwrap_or_else(|_| Err(Failure::unavailable("the deadline", "timed out")));
        ignore(applied, "reconcile applies the deadline later");
    }
    Ok(hold)
}

/// Purges or expires an overdue account. Does nothing while the brake is on: `reconcile` applies the deadline later.
pub async fn apply_deadline<S: ChangeCustomers, E: Scheduler>(
    cx: &Context<S, E>,
    row: Customer,
) -> Result<(), Failure> {
    let command = match row.status() {
        Status::Frozen => Command::Purge { freeze: row.freezes },
        _ => Command::Expire,
    };
    match change(cx, row.id, Some(row), command, None).await {
        Err(failure) if failure.is(Reason::DeletionsPaused) => Ok(()),
        done => done.map(|_| ()),
    }
}
