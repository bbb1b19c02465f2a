//! What the deletion of an account would remove.

use std::future::Future;

use custodian_domain::CustomerId;

use crate::failure::Failure;

/// The rows that a deletion would remove now, and the numbers that it would release.
#[derive(Clone, Debug)]
pub struct RowsToDelete {
    /// Each table that a deletion empties.
    pub tables: Vec<RowCount>,
    /// The number of rows that were read in order to count them. The account's counters know the others.
    pub rows_read: u64,
    /// Some of the account's numbers.
    pub numbers: Vec<String>,
}

impl RowsToDelete {
    /// Each table's name, its number of rows, and whether it may have more.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64, bool)> + '_ {
        self.tables.iter().map(|count| (count.table, count.rows, count.at_least))
    }
}

/// The number of an account's rows in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowCount {
    pub table: &'static str,
    pub rows: u64,
    /// Whether counting stopped before the last row.
    pub at_least: bool,
}

pub trait CountRowsToDelete: Send + Sync {
    /// Counts the rows of every table that a deletion empties. Returns at most `max_numbers` numbers.
    fn rows_to_delete(
        &self,
        customer: CustomerId,
        max_numbers: usize,
    ) -> impl Future<Output = Result<RowsToDelete, Failure>> + Send;
}
