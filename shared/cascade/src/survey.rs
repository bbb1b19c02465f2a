//! Looking again. Some time after a ledger was sealed, every table is asked once more whether it has a row of the account.

use custodian_app::{Context, Failure};
use custodian_domain::CustomerId;

use crate::{Rows, STEPS, SealedLedgers, Step, Tasks, drive};

/// Asks every table of a sealed deletion, consistently, for rows that are left, and answers how many were found (of each
/// table, as many as one page holds). None: the ledger notes that too, and nobody looks any more. Any: its steps are opened
/// again, and it will be sealed and looked at as before.
pub async fn survey<S: SealedLedgers + Rows, E: Tasks>(
    cx: &Context<S, E>,
    customer: CustomerId,
) -> Result<u64, Failure> {
    if !cx.store.ledger(customer).await?.is_some_and(|ledger| ledger.sealed) {
        return Ok(0);
    }
    let (mut left, mut rows): (Vec<&Step>, u64) = (Vec::new(), 0);
    for step in STEPS {
        let page = cx.store.page(customer, step).await?;
        if !page.keys.is_empty() {
            left.push(step);
            rows += page.keys.len() as u64;
        }
    }
    if left.is_empty() {
        cx.store.confirm(customer, cx.now()).await?;
        return Ok(0);
    }
    let tables: Vec<_> = left.iter().map(|step| step.table).collect();
    tracing::error!(customer_id = %customer, rows, ?tables, "a sealed deletion has left rows, and is opened again");
    cx.store.reopen(customer, &left, cx.now()).await?;
    drive(cx, customer, cx.now()).await?;
    Ok(rows)
}
