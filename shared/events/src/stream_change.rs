//! One record of a change stream.

use custodian_cascade::CompletedDeletion;
use custodian_domain::Customer;
use custodian_domain::outbox_record::OutboxRecord;

/// A change, by the table whose stream it comes from.
#[derive(Clone, Debug)]
pub enum StreamChange {
    /// The old and the new image of a customer.
    Customer {
        old: Option<Box<Customer>>,
        new: Option<Box<Customer>>,
    },
    OutboxRecord(OutboxRecord),
    CompletedDeletion(CompletedDeletion),
    /// A change that causes no event.
    Ignored,
}
