//! Moves on what is overdue and drives again what stands still, whatever alarm or event was lost; looks again at deletions
//! that have ended; and counts those that have not. Invoked by an operator
//! with `{"recount": "<customer id>"}` it counts what that customer owns instead, and corrects its counters.

use std::borrow::Cow;
use std::time::Duration;

use custodian_app::change::ATTEMPTS;
use custodian_app::ports::{Alarms, ChangeCustomers, DueCustomers, Recount};
use custodian_app::{Context, Failure, Metric, change};
use custodian_cascade::{OpenLedgers, Rows, SealedLedgers, Tasks, drive, survey};
use custodian_domain::kinds::ALL;
use custodian_domain::lifecycle::Command;
use custodian_domain::{Customer, CustomerId, Status, Timestamp};
use custodian_events::{Consumer, Subject};
use serde::Deserialize;

/// How long a deletion may make no progress before it is driven again.
const STANDING: Duration = Duration::from_secs(15 * 60);

pub struct Reconcile;

/// What an operator asks for; the schedule asks for nothing.
#[derive(Debug, Default, Deserialize)]
pub struct Wish {
    pub recount: Option<CustomerId>,
}

impl Subject for Wish {
    fn customer(&self) -> Option<CustomerId> {
        self.recount
    }

    fn about(&self) -> Cow<'_, str> {
        Cow::from(if self.recount.is_some() { "recount" } else { "reconcile" })
    }
}

impl<S, E: Alarms + Tasks> Consumer<S, E> for Reconcile
where
    S: DueCustomers + ChangeCustomers + OpenLedgers + SealedLedgers + Rows + Recount,
{
    type Message = Wish;

    async fn consume(&self, cx: &Context<S, E>, wish: Wish, stop_at: Timestamp) -> Result<(), Failure> {
        if let Some(customer) = wish.recount {
            return recount(cx, customer).await;
        }
        let mut first_failure = Ok(());
        for customer in cx.store.overdue(cx.now()).await? {
            // One customer that cannot be moved on must not keep the others from it.
            first_failure = first_failure.and(move_on(cx, customer).await);
            if cx.now() >= stop_at {
                return first_failure;
            }
        }
        let standing_since = cx.now().minus(STANDING);
        for customer in cx.store.standing_since(standing_since).await? {
            first_failure = first_failure.and(drive(cx, customer, standing_since).await);
        }
        first_failure.and(look_again(cx, standing_since, stop_at).await)
    }
}

/// Counts the deletions that have not ended, and surveys those that ended a while ago.
async fn look_again<S: OpenLedgers + SealedLedgers + Rows, E: Tasks>(
    cx: &Context<S, E>,
    before: Timestamp,
    stop_at: Timestamp,
) -> Result<(), Failure> {
    let unfinished = cx.store.unfinished().await?;
    let age = unfinished.oldest.map_or(Duration::ZERO, |oldest| cx.now().since(oldest));
    cx.meter.note(&[Metric::UnfinishedDeletions(unfinished.count), Metric::OldestUnfinishedDeletion(age)]);
    let mut survivors = 0;
    for customer in cx.store.sealed_before(before).await? {
        survivors += survey(cx, customer).await?;
        if cx.now() >= stop_at {
            break;
        }
    }
    cx.meter.note(&[Metric::Survivors(survivors)]);
    Ok(())
}

async fn recount<S: Recount, E>(cx: &Context<S, E>, customer: CustomerId) -> Result<(), Failure> {
    for kind in ALL {
        let mut attempts = 0..ATTEMPTS;
        while !cx.store.recount(customer, kind).await? {
            attempts.next().ok_or_else(|| Failure::unavailable("a count", "rows came and went each time"))?;
        }
    }
    Ok(())
}

async fn move_on<S: ChangeCustomers, E: Alarms>(cx: &Context<S, E>, row: Customer) -> Result<(), Failure> {
    let command = match row.status() {
        Status::Frozen => Command::Purge { freeze: row.freezes },
        _ => Command::Expire,
    };
    change(cx, row.id, Some(row), command, None).await.map(|_| ())
}
