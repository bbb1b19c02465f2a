//! Moves on what is overdue and drives again what stands still, whatever alarm or event was lost; looks again at deletions
//! that have ended, and counts those that have not.
//!
//! Invoked by an operator with `{"recount": "<customer id>"}` it counts what that customer owns instead, and corrects its
//! counters; with `{"survey": "<customer id>"}` it looks again at that customer's deletion, however long ago it ended.

use std::borrow::Cow;
use std::time::Duration;

use custodian_app::ports::{Alarms, ChangeCustomers, DueCustomers, Recount, Tally};
use custodian_app::retry::{Patience, Race};
use custodian_app::{Context, Failure, Metric, change};
use custodian_cascade::{OpenLedgers, Rows, SealedLedgers, Tasks, drive, survey};
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
    pub survey: Option<CustomerId>,
}

impl Subject for Wish {
    fn customer(&self) -> Option<CustomerId> {
        self.recount.or(self.survey)
    }

    fn about(&self) -> Cow<'_, str> {
        Cow::from(match self {
            Self { recount: Some(_), .. } => "recount",
            Self { survey: Some(_), .. } => "survey",
            _ => "reconcile",
        })
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
        if let Some(customer) = wish.survey {
            return look_again(cx, vec![customer], stop_at).await;
        }
        // What fails must not keep the rest from being done: neither one part of it, nor one customer.
        let mut first_failure = count_unfinished(cx).await;
        for customer in listed(cx.store.overdue(cx.now()).await, &mut first_failure) {
            let id = customer.id;
            first_failure = first_failure.and(named(id, move_on(cx, customer).await));
            if cx.now() >= stop_at {
                return first_failure;
            }
        }
        let standing_since = cx.now().minus(STANDING);
        for id in listed(cx.store.standing_since(standing_since).await, &mut first_failure) {
            first_failure = first_failure.and(named(id, drive(cx, id, standing_since).await));
        }
        let ended = listed(cx.store.sealed_before(standing_since).await, &mut first_failure);
        first_failure.and(look_again(cx, ended, stop_at).await)
    }
}

/// What there is to do; nothing, if that cannot be read.
fn listed<T>(read: Result<Vec<T>, Failure>, first_failure: &mut Result<(), Failure>) -> Vec<T> {
    read.unwrap_or_else(|failure| {
        if first_failure.is_ok() {
            *first_failure = Err(failure);
        }
        Vec::new()
    })
}

/// Says which customer could not be helped.
fn named(customer: CustomerId, done: Result<(), Failure>) -> Result<(), Failure> {
    done.inspect_err(|failure| tracing::error!(customer_id = %customer, %failure, "not moved on"))
}

async fn count_unfinished<S: OpenLedgers, E>(cx: &Context<S, E>) -> Result<(), Failure> {
    let unfinished = cx.store.unfinished().await?;
    let age = unfinished.oldest.map_or(Duration::ZERO, |oldest| cx.now().since(oldest));
    cx.meter.note(&[Metric::UnfinishedDeletions(unfinished.count), Metric::OldestUnfinishedDeletion(age)]);
    Ok(())
}

/// Whether these deletions, which have ended, have left anything.
async fn look_again<S: SealedLedgers + Rows, E: Tasks>(
    cx: &Context<S, E>,
    ended: Vec<CustomerId>,
    stop_at: Timestamp,
) -> Result<(), Failure> {
    let (mut survivors, mut first_failure) = (0, Ok(()));
    for customer in ended {
        match survey(cx, customer).await {
            Ok(rows) => survivors += rows,
            Err(failure) => first_failure = first_failure.and(named(customer, Err(failure))),
        }
        if cx.now() >= stop_at {
            break;
        }
    }
    cx.meter.note(&[Metric::Survivors(survivors)]);
    first_failure
}

async fn recount<S: Recount, E>(cx: &Context<S, E>, customer: CustomerId) -> Result<(), Failure> {
    for tally in Tally::all() {
        let mut race = Race::new("a count", Patience::StatusChange);
        while !cx.store.recount(customer, tally).await? {
            race.again(&*cx.sources.entropy).await?;
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
