//! Verification of completed deletions. At least a quarter of an hour after a ledger was completed, `reconcile` queries every table
//! once more, issues the receipt and sends the last mail.

use std::time::Duration;

use custodian_app::deletion_mails::send_deletion_done;
use custodian_app::ports::{DeletionLinks, LastMail, Mailer, ReceiptKeys};
use custodian_app::{Context, Failure};
use custodian_domain::CustomerId;

use crate::completion::{check_tables, reopen};
use crate::ports::{CascadeQueue, CompletedLedgers, FindRows, RemoveFiles};
use crate::receipt;

/// The minimum time from the completion of a deletion to its verification. By then, every Lambda invocation that ran during the
/// deletion has ended. So the verification also finds the row of a late write that no gate refused.
pub const VERIFY_AFTER: Duration = Duration::from_secs(15 * 60);

/// Removes the account's files once more, because an export's worker may have completed one during the cascade. Then queries every
/// table of a completed deletion, consistently, and returns the number of rows found (at most one batch for each table).
///
/// If it finds no row, at least a quarter of an hour after the completion, it marks the ledger as verified, issues the receipt and
/// sends the last mail, and no later run of the schedule verifies the ledger again. If it finds rows, it reopens the ledger and the
/// steps that have rows. The cascade then deletes these rows and completes the ledger again.
pub async fn verify_empty<S, E>(cx: &Context<S, E>, customer: CustomerId) -> Result<u64, Failure>
where
    S: CompletedLedgers + FindRows + ReceiptKeys + LastMail + DeletionLinks,
    E: CascadeQueue + Mailer + RemoveFiles,
{
    let Some(ledger) = cx.store.ledger(customer).await?.filter(|ledger| ledger.completed) else {
        return Ok(0);
    };
    cx.services.remove_files(customer).await?;
    let mut check = check_tables(cx, customer).await?;
    if !check.found.is_empty() {
        reopen(cx, customer, &ledger, &check, "rows found after deletion").await?;
    } else if ledger.header.tm_completed.is_some_and(|completed| cx.now().since(completed) >= VERIFY_AFTER) {
        // A ledger of an earlier release has no step for a table that was added since.
        check.empty.retain(|verified| ledger.has_step(verified.table));
        let now = cx.now();
        let receipt = receipt::sign(cx, customer, &ledger, &check.empty, now).await?;
        cx.store.mark_verified(customer, &ledger, &check.empty, &receipt, now).await?;
        send_last_mail(cx, customer).await?;
    }
    Ok(check.rows)
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
