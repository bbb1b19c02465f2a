//! What the deletion of an account would remove.

use std::future::Future;

use custodian_domain::CustomerId;

use crate::failure::Failure;

/// The rows that a deletion would remove now, and the numbers that it would release.
#[derive(Clone, Debug)]
pub struct RowsToDelete {
    /// Each table that a deletion empties, and the account's rows in it.
    pub tables: Vec<(&'static str, u64)>,
    /// Some of the account's numbers.
    pub numbers: Vec<String>,
}

pub trait CountRowsToDelete: Send + Sync {
    /// Counts the rows of every table that a deletion empties. Returns at most `max_numbers` numbers.
    fn rows_to_delete(
        &self,
        customer: CustomerId,
        max_numbers: usize,
    ) -> impl Future<Output = Result<RowsToDelete, Failure>> + Send;
}
