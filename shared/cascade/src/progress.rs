//! How far a deletion is.

use std::time::Duration;

use custodian_app::ports::Usage;
use custodian_app::{Context, Failure};
use custodian_domain::deletion_notice::EncryptedDestination;
use custodian_domain::{Customer, DeletionProgress, DeletionState, Reason, State, TableProgress, Timestamp};

use crate::ledger::{Ledger, StepState};
use crate::ports::Ledgers;
use crate::steps::{STEPS, WEBHOOKS};

/// The progress of the deletion of an account: of a frozen account, what will be deleted; of a deleted or expired one, what its
/// ledger says.
pub async fn progress<S: Ledgers + Usage, E>(
    cx: &Context<S, E>,
    customer: &Customer,
) -> Result<DeletionProgress, Failure> {
    let now = cx.now();
    match customer.state {
        State::Frozen { tm_frozen, tm_deletion_scheduled, .. } => {
            // A frozen account has no ledger, so its hold is in its own row and `is_paused` sees only the brake. The brake delays
            // only a purge that is due.
            let is_overdue = tm_deletion_scheduled <= now;
            let is_held = customer.active_hold(now).is_some()
                || is_overdue && cx.store.is_paused(customer.id, now).await?;
            let rows = cx.store.usage(customer.id).await?.rows_to_delete();
            let table = |name| TableProgress {
                name,
                deleted: 0,
                remaining: rows.get(name).copied(),
                tm_verified: None,
            };
            Ok(DeletionProgress {
                id: customer.id,
                state: if is_held { DeletionState::Held } else { DeletionState::Requested },
                tm_requested: Some(tm_frozen),
                tm_due: Some(tm_deletion_scheduled),
                tm_started: None,
                tm_finished: None,
                tm_confirmed: None,
                tm_estimated: Some(tm_deletion_scheduled).filter(|_| !is_held),
                messages_until: None,
                tables: STEPS.iter().map(|step| table(step.table)).collect(),
                receipt: None,
            })
        }
        State::Deleted { .. } | State::Expired { .. } => {
            let ledger = cx.store.ledger(customer.id).await?.ok_or(Reason::DeletionNotFound)?;
            let paused = !ledger.completed && cx.store.is_paused(customer.id, now).await?;
            Ok(of_ledger(customer, ledger, paused, now))
        }
        State::Initial { .. } | State::Active => Err(Reason::DeletionNotFound.into()),
    }
}

fn of_ledger(customer: &Customer, ledger: Ledger, paused: bool, now: Timestamp) -> DeletionProgress {
    let state = match (ledger.completed, ledger.header.tm_confirmed) {
        (false, _) if paused => DeletionState::Held,
        (false, _) => DeletionState::Deleting,
        (true, None) => DeletionState::Deleted,
        (true, Some(_)) => DeletionState::Confirmed,
    };
    let tables: Vec<_> = STEPS.iter().map(|step| of_table(step.table, &ledger)).collect();
    let (started, is_deleting) = (ledger.header.tm_open, state == DeletionState::Deleting);
    let waits_for_messages = is_deleting && has_only_messages_left(&ledger);
    let header = ledger.header;
    DeletionProgress {
        id: customer.id,
        state,
        tm_requested: header.request.and_then(|request| request.tm_requested),
        tm_due: header.request.map(|request| request.tm_due),
        tm_started: Some(started),
        tm_finished: header.tm_completed,
        tm_confirmed: header.tm_confirmed,
        tm_estimated: estimate(&tables, started, now).filter(|_| is_deleting && !waits_for_messages),
        messages_until: waits_for_messages.then(|| started.plus(EncryptedDestination::LIFETIME)),
        tables,
        receipt: header.receipt.filter(|_| state == DeletionState::Confirmed),
    }
}

fn of_table(name: &'static str, ledger: &Ledger) -> TableProgress {
    let state = ledger.step(name);
    let deleted = state.map_or(0, |state| state.removed);
    let remaining = |state: &StepState| match state.closed {
        true => Some(0),
        false => state.total.map(|total| total.saturating_sub(state.removed)),
    };
    TableProgress {
        name,
        deleted,
        remaining: state.and_then(remaining),
        tm_verified: state.and_then(|state| state.tm_verified),
    }
}

/// Whether every step is closed but the one that waits for the messages about the deletion. It deletes nothing while it waits.
fn has_only_messages_left(ledger: &Ledger) -> bool {
    STEPS.iter().all(|step| {
        ledger.step(step.table).is_some_and(|state| match step.table {
            WEBHOOKS => !state.closed && state.removed == 0,
            _ => state.closed,
        })
    })
}

/// When the remaining rows are deleted if the pace stays the same. `None` before the first row is deleted.
fn estimate(tables: &[TableProgress], started: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let deleted: u64 = tables.iter().map(|table| table.deleted).sum();
    let remaining: u64 = tables.iter().filter_map(|table| table.remaining).sum();
    let elapsed = u64::try_from(now.since(started).as_micros()).ok()?;
    let rest = u128::from(elapsed) * u128::from(remaining) / u128::from(deleted).max(1);
    (deleted > 0).then(|| now.plus(Duration::from_micros(u64::try_from(rest).unwrap_or(u64::MAX / 2))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_continues_the_pace_so_far() {
        let table =
            |deleted, remaining| TableProgress { name: "tags", deleted, remaining, tm_verified: None };
        let (started, now) = (Timestamp::from_micros(0), Timestamp::from_micros(10_000_000));
        let tables = [table(100, Some(50)), table(0, None)];
        assert_eq!(estimate(&tables, started, now), Some(Timestamp::from_micros(15_000_000)));
        assert_eq!(estimate(&[table(0, Some(50))], started, now), None);
        assert_eq!(estimate(&[table(100, Some(0))], started, now), Some(now));
    }
}
