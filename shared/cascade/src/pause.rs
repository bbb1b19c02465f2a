//! Pausing the cascade of one account with a hold, and resuming it.

use custodian_app::{Context, Failure};
use custodian_domain::{CustomerId, Hold, Reason};

use crate::ports::{CascadeQueue, Ledgers};
use crate::start::start;

/// Stops the cascade of a deleted or expired account. A worker stops before its next batch.
pub async fn pause<S: Ledgers, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    hold: &Hold,
) -> Result<(), Failure> {
    if cx.store.place_ledger_hold(customer, hold).await? { Ok(()) } else { Err(Reason::StateInvalid.into()) }
}

/// The hold that stops the cascade of an account.
pub async fn ledger_hold<S: Ledgers, E>(cx: &Context<S, E>, customer: CustomerId) -> Result<Hold, Failure> {
    let ledger = cx.store.ledger(customer).await?;
    Ok(ledger.and_then(|ledger| ledger.header.hold).ok_or(Reason::HoldNotFound)?)
}

/// Releases the hold and resumes the cascade. Returns the released hold. It releases only the hold that was read.
pub async fn release<S: Ledgers, E: CascadeQueue>(
    cx: &Context<S, E>,
    customer: CustomerId,
) -> Result<Hold, Failure> {
    let hold = ledger_hold(cx, customer).await?;
    if !cx.store.remove_ledger_hold(customer, &hold).await? {
        // Another operator has released the hold or replaced it. The read fails if it was released.
        ledger_hold(cx, customer).await?;
        return Err(Reason::HoldReplaced.into());
    }
    start(cx, customer, cx.now()).await?;
    Ok(hold)
}
