//! Verification of completed deletions. A quarter of an hour after a ledger was completed, `reconcile` queries every table once
//! more.

use custodian_app::{Context, Failure};
use custodian_domain::CustomerId;

use crate::ports::{CascadeQueue, CompletedLedgers, FindRows};
use crate::resume::resume;
use crate::steps::{STEPS, Step};

/// Queries every table of a completed deletion, consistently, and returns the number of rows found (at most one batch for each
/// table). If it finds no row, it marks the ledger as verified, and no later run verifies the ledger again. Otherwise, it reopens
/// the ledger and the steps that have rows. The cascade then deletes these rows and completes the ledger again.
pub async fn verify_empty<S: CompletedLedgers + FindRows, E: CascadeQueue>(
    cx: &Context<S, E>,
    customer: CustomerId,
) -> Result<u64, Failure> {
    if !cx.store.ledger(customer).await?.is_some_and(|ledger| ledger.completed) {
        return Ok(0);
    }
    let (mut found, mut rows): (Vec<&Step>, u64) = (Vec::new(), 0);
    for step in STEPS {
        let batch = cx.store.find_keys(customer, step).await?;
        if !batch.keys.is_empty() {
            found.push(step);
            rows += batch.keys.len() as u64;
        }
    }
    if found.is_empty() {
        cx.store.mark_verified(customer, cx.now()).await?;
        return Ok(0);
    }
    let tables: Vec<_> = found.iter().map(|step| step.table).collect();
    tracing::error!(customer_id = %customer, rows, ?tables, "rows found after deletion; the ledger is reopened");
    cx.store.reopen(customer, &found, cx.now()).await?;
    resume(cx, customer, cx.now()).await?;
    Ok(rows)
}
