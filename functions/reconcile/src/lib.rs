//! Moves on what is overdue and drives again what stands still, whatever alarm or event was lost.

use std::time::Duration;

use custodian_app::ports::{Alarms, ChangeCustomers, DueCustomers};
use custodian_app::{Context, Failure, change};
use custodian_cascade::{OpenLedgers, Tasks, drive};
use custodian_domain::lifecycle::Command;
use custodian_domain::{Customer, Status, Timestamp};
use custodian_events::Consumer;
use serde_json::Value;

/// How long a deletion may make no progress before it is driven again.
const STANDING: Duration = Duration::from_secs(15 * 60);

pub struct Reconcile;

impl<S: DueCustomers + ChangeCustomers + OpenLedgers, E: Alarms + Tasks> Consumer<S, E> for Reconcile {
    /// What the schedule sends does not matter.
    type Message = Value;

    async fn consume(&self, cx: &Context<S, E>, _: Value, stop_at: Timestamp) -> Result<(), Failure> {
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

async fn move_on<S: ChangeCustomers, E: Alarms>(cx: &Context<S, E>, row: Customer) -> Result<(), Failure> {
    let command = match row.status() {
        Status::Frozen => Command::Purge { freeze: row.freezes },
        _ => Command::Expire,
    };
    change(cx, row.id, Some(row), command, None).await.map(|_| ())
}
