//! Verification of completed deletions. A quarter of an hour after a ledger was completed, `reconcile` queries every table once
//! more.

use custodian_app::deletion_mails::send_deletion_done;
use custodian_app::ports::{DeletionLinks, LastMail, Mailer, ReceiptKeys};
use custodian_app::{Context, Failure};
use custodian_domain::CustomerId;

use crate::ports::{CascadeQueue, CompletedLedgers, FindRows};
use crate::receipt;
use crate::resume::resume;
use crate::steps::{STEPS, Step};

/// Queries every table of a completed deletion, consistently, and returns the number of rows found (at most one batch for each
/// table). If it finds no row, it marks the ledger as verified, issues the receipt and sends the last mail, and no later run verifies the
/// ledger again. Otherwise, it reopens
/// the ledger and the steps that have rows. The cascade then deletes these rows and completes the ledger again.
pub async fn verify_empty<S, E>(cx: &Context<S, E>, customer: CustomerId) -> Result<u64, Failure>
where
    S: CompletedLedgers + FindRows + ReceiptKeys + LastMail + DeletionLinks,
    E: CascadeQueue + Mailer,
{
    let Some(ledger) = cx.store.ledger(customer).await?.filter(|ledger| ledger.completed) else {
        return Ok(0);
    };
    let (mut found, mut rows): (Vec<&Step>, u64) = (Vec::new(), 0);
    for step in STEPS {
        let batch = cx.store.find_keys(customer, step).await?;
        if !batch.keys.is_empty() {
            found.push(step);
            rows += batch.keys.len() as u64;
        }
    }
    if found.is_empty() {
        let receipt = receipt::sign(cx, customer, &ledger).await?;
        cx.store.mark_verified(customer, &receipt, cx.now()).await?;
        send_last_mail(cx, customer).await?;
        return Ok(0);
    }
    let tables: Vec<_> = found.iter().map(|step| step.table).collect();
    tracing::error!(customer_id = %customer, rows, ?tables, "rows found after deletion; the ledger is reopened");
    cx.store.reopen(customer, &found, cx.now()).await?;
    resume(cx, customer, cx.now()).await?;
    Ok(rows)
}

/// Sends the last mail about a verified deletion, and then closes its ledger.
pub async fn send_last_mail<S, E>(cx: &Context<S, E>, customer: CustomerId) -> Result<(), Failure>
where
    S: CompletedLedgers + LastMail + DeletionLinks,
    E: Mailer,
{
    let header = cx.store.ledger(customer).await?.map(|ledger| ledger.header);
    if let Some(tm_confirmed) = header.and_then(|header| header.tm_confirmed) {
        send_deletion_done(cx, customer, tm_confirmed).await?;
    }
    cx.store.close_ledger(customer).await
}
