//! Completing a ledger. Every table is queried once more before, so a ledger is never completed on old findings alone.

use custodian_app::{Context, Failure};
use custodian_domain::CustomerId;
use futures::stream::{StreamExt, TryStreamExt, iter};

use crate::ledger::Ledger;
use crate::ports::{CascadeQueue, FindRows, Ledgers, VerifiedTable};
use crate::start::start;
use crate::steps::{STEPS, Step};

/// The maximum number of tables that are queried concurrently for one customer.
const MAX_CONCURRENT_QUERIES: usize = 8;

/// The result of querying every table of a deletion.
#[derive(Debug, Default)]
pub(crate) struct TableCheck {
    pub(crate) empty: Vec<VerifiedTable>,
    /// The steps whose tables have rows.
    pub(crate) found: Vec<&'static Step>,
    /// The number of rows found, at most one batch for each table.
    pub(crate) rows: u64,
}

/// Queries every table for rows of a customer, consistently.
pub(crate) async fn check_tables<S: FindRows, E: Sync>(
    cx: &Context<S, E>,
    customer: CustomerId,
) -> Result<TableCheck, Failure> {
    let queries: Vec<_> = STEPS.iter().map(|step| query(cx, customer, step)).collect();
    let mut results = iter(queries).buffer_unordered(MAX_CONCURRENT_QUERIES);
    let mut check = TableCheck::default();
    while let Some((step, rows)) = results.try_next().await? {
        if rows == 0 {
            check.empty.push(VerifiedTable { table: step.table, at: cx.now() });
        } else {
            check.found.push(step);
            check.rows += rows;
        }
    }
    Ok(check)
}

async fn query<S: FindRows, E: Sync>(
    cx: &Context<S, E>,
    customer: CustomerId,
    step: &'static Step,
) -> Result<(&'static Step, u64), Failure> {
    let batch = cx.store.find_keys(customer, step, None).await?;
    Ok((step, batch.keys.len() as u64))
}

/// Completes a ledger whose steps are all closed, if every table is empty. Otherwise, it opens the steps of the tables that have
/// rows again.
pub(crate) async fn complete<S: Ledgers + FindRows, E: CascadeQueue>(
    cx: &Context<S, E>,
    customer: CustomerId,
    ledger: &Ledger,
) -> Result<(), Failure> {
    let check = check_tables(cx, customer).await?;
    if check.found.is_empty() {
        return cx.store.complete(customer, &ledger.removed(), &check.empty, cx.now()).await;
    }
    reopen(cx, customer, ledger, &check, "rows found before the ledger was completed").await
}

/// Opens the steps whose tables have rows again, and enqueues those that are ready, unless the cascade is paused.
pub(crate) async fn reopen<S: Ledgers, E: CascadeQueue>(
    cx: &Context<S, E>,
    customer: CustomerId,
    ledger: &Ledger,
    check: &TableCheck,
    message: &'static str,
) -> Result<(), Failure> {
    let tables: Vec<_> = check.found.iter().map(|step| step.table).collect();
    tracing::error!(customer_id = %customer, rows = check.rows, ?tables, "{message}; their steps are opened again");
    cx.store.reopen(customer, ledger, &check.found, cx.now()).await?;
    start(cx, customer, cx.now()).await.map(|_| ())
}
