//! What a change counts for, once the event of it is on the bus.
//!
//! A stream delivers at least once. A record comes again if the function ended between the bus and the stream's next
//! checkpoint, and is then counted again.

use custodian_app::Metric;
use custodian_cascade::Sealed;
use custodian_domain::Customer;

use crate::{
    CUSTOMER_CREATED, CUSTOMER_DELETED, CUSTOMER_EXPIRED, CUSTOMER_FROZEN, CUSTOMER_RECOVERED,
    CUSTOMER_VERIFIED, Change, derive,
};

/// What is counted of a change.
pub fn counted(change: &Change) -> Vec<Metric> {
    match change {
        Change::Customer { old, new } => of_customer(old.as_deref(), new.as_deref()).into_iter().collect(),
        Change::Sealed(sealed) => of_seal(sealed).to_vec(),
        Change::Note(_) | Change::Silent => Vec::new(),
    }
}

fn of_customer(old: Option<&Customer>, new: Option<&Customer>) -> Option<Metric> {
    match derive(old, new)?.kind.as_str() {
        CUSTOMER_CREATED => Some(Metric::CustomersCreated),
        CUSTOMER_VERIFIED => Some(Metric::CustomersVerified),
        CUSTOMER_FROZEN => Some(Metric::CustomersFrozen),
        CUSTOMER_RECOVERED => Some(Metric::CustomersRecovered),
        CUSTOMER_EXPIRED => Some(Metric::CustomersExpired),
        CUSTOMER_DELETED => {
            let deadline = old.and_then(Customer::tm_deletion_scheduled);
            let was_due = deadline.zip(new).is_some_and(|(deadline, gone)| deadline <= gone.tm_update);
            Some(if was_due { Metric::CustomersPurged } else { Metric::CustomersDeleted })
        }
        _ => None,
    }
}

fn of_seal(sealed: &Sealed) -> [Metric; 3] {
    [
        Metric::CustomersErased,
        Metric::RowsErased(sealed.removed.values().sum()),
        Metric::ErasureTime(sealed.tm_sealed.since(sealed.tm_open)),
    ]
}
