//! Views of rows with a version.

use custodian_domain::CustomerId;

/// A view of a row that has a version and belongs to an account.
pub trait Versioned {
    fn version(&self) -> u64;

    /// The account that owns the row. For a customer's own row, this is the customer itself.
    fn account(&self) -> CustomerId;
}
