//! Why a write found the customer's gate closed.

use custodian_domain::{CustomerId, Reason, account_status};

use crate::failure::Failure;
use crate::ports::ReadCustomers;

/// Reads the account again and refuses for its status. `Ok` means that the account is active again, so the write can be
/// retried.
pub async fn recheck_status<S: ReadCustomers>(store: &S, customer: CustomerId) -> Result<(), Failure> {
    let row = store.customer(customer).await?.ok_or(Reason::InvalidCredentials)?;
    Ok(account_status::require_active(&row)?)
}
