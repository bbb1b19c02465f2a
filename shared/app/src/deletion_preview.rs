//! The preview of a deletion: what it would delete, without changing anything.

use custodian_domain::lifecycle::{Command, decide};
use custodian_domain::{Customer, CustomerId, Initiator, Timestamp};

use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{CountRowsToDelete, RowsToDelete};

/// The maximum number of released numbers that a preview lists.
pub(crate) const MAX_NUMBERS: usize = 100;

/// What a deletion would do now.
#[derive(Clone, Debug)]
pub struct DeletionPreview {
    pub customer_id: CustomerId,
    pub immediate: bool,
    /// When the account would be deleted, and the deletion of its rows would begin.
    pub tm_due: Timestamp,
    pub rows: RowsToDelete,
}

/// What a deletion by an operator would do now. It refuses what the deletion would refuse because of the account's state.
pub async fn preview_by_operator<S: CountRowsToDelete, E>(
    cx: &Context<S, E>,
    customer: &Customer,
) -> Result<DeletionPreview, Failure> {
    let now = cx.now();
    decide(customer, Command::Delete(Initiator::Operator), now)?;
    let rows = cx.store.rows_to_delete(customer.id, MAX_NUMBERS).await?;
    Ok(DeletionPreview { customer_id: customer.id, immediate: true, tm_due: now, rows })
}
