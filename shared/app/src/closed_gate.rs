//! Handles a write that failed because the customer's gate is closed.

use custodian_domain::{CustomerId, Reason, account_status};

use crate::failure::Failure;
use crate::ports::ReadCustomers;

/// Rereads the account, and refuses the request if the account is not active. `Ok` means that the account is active again, so
/// the write can be retried.
pub async fn recheck_status<S: ReadCustomers>(store: &S, customer: CustomerId) -> Result<(), Failure> {
    let row = store.customer(customer).await?.ok_or(Reason::InvalidCredentials)?;
    Ok(account_status::require_active(&row)?)
}
