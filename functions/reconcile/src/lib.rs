//! Moves on what is overdue and drives again what stands still, whatever alarm or event was lost. Invoked by an operator
//! with `{"recount": "<customer id>"}` it counts what that customer owns instead, and corrects its counters.

use std::time::Duration;

use custodian_app::ports::{Alarms, ChangeCustomers, DueCustomers, Recount, Tally};
use custodian_app::retry::{Patience, Race};
use custodian_app::{Context, Failure, change};
use custodian_cascade::{OpenLedgers, Tasks, drive};
use custodian_domain::lifecycle::Command;
use custodian_domain::{Customer, CustomerId, Status, Timestamp};
use custodian_events::Consumer;
use serde::Deserialize;

/// How long a deletion may make no progress before it is driven again.
const STANDING: Duration = Duration::from_secs(15 * 60);

pub struct Reconcile;

/// What an operator asks for; the schedule asks for nothing.
#[derive(Debug, Default, Deserialize)]
pub struct Wish {
    pub recount: Option<CustomerId>,
}

impl<S: DueCustomers + ChangeCustomers + OpenLedgers + Recount, E: Alarms + Tasks> Consumer<S, E>
    for Reconcile
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
        first_failure
    }
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
