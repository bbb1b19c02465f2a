//! Getting a cascade going, and going again.

use std::collections::BTreeMap;

use custodian_app::{Context, Failure};
use custodian_domain::{CustomerId, Timestamp};

use crate::{Ledger, Ledgers, STEPS, StepState, Task, Tasks};

/// Opens the steps if they are not, hands out those that may start and have stood still since `standing_since`, and
/// seals the ledger when all are closed. Does nothing for a customer without a ledger or with a sealed one.
pub async fn drive<S: Ledgers, E: Tasks>(
    cx: &Context<S, E>,
    customer: CustomerId,
    standing_since: Timestamp,
) -> Result<(), Failure> {
    let Some(mut ledger) = cx.store.ledger(customer).await?.filter(|ledger| !ledger.sealed) else {
        return Ok(());
    };
    if ledger.steps.is_empty() {
        // As standing since then, so that they are handed out below.
        cx.store.open_steps(customer, STEPS, standing_since).await?;
        ledger.steps = cx.store.ledger(customer).await?.map(|ledger| ledger.steps).unwrap_or_default();
    }
    if ledger.is_complete() {
        return cx.store.seal(customer, &ledger.removed(), cx.now()).await;
    }
    cx.store.touch(customer, cx.now()).await?;
    let tasks: Vec<_> = ledger
        .ready()
        .filter(|state| state.tm_progress <= standing_since)
        .map(|state| Task { customer_id: customer, step: state.step.clone(), hop: 0 })
        .collect();
    cx.ends.hand_out(&tasks).await
}

impl Ledger {
    /// Whether every step there is was opened and is closed.
    pub fn is_complete(&self) -> bool {
        STEPS.iter().all(|step| self.is_closed(step.table))
    }

    /// How many rows of each table were removed.
    pub fn removed(&self) -> BTreeMap<String, u64> {
        self.steps.iter().map(|state| (state.step.clone(), state.removed)).collect()
    }

    fn is_closed(&self, table: &str) -> bool {
        self.steps.iter().any(|state| state.step == table && state.closed)
    }

    /// The open steps that wait for nothing.
    fn ready(&self) -> impl Iterator<Item = &StepState> {
        let may_start = |state: &&StepState| {
            let step = STEPS.iter().find(|step| step.table == state.step);
            !state.closed && step.is_some_and(|step| step.after.is_none_or(|first| self.is_closed(first)))
        };
        self.steps.iter().filter(may_start)
    }
}
