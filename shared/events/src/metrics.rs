//! The business metrics of a change, recorded after its event is on the bus.
//!
//! A stream delivers at least once. If the function stops after the publication and before the stream's next checkpoint, Lambda
//! redelivers the record, and the metrics count the change twice.

use custodian_app::Metric;
use custodian_cascade::CompletedDeletion;
use custodian_domain::{Customer, EventType};

use crate::derive::of_customer;
use crate::stream_change::StreamChange;

/// The metrics of a change.
pub fn metrics_of(change: &StreamChange) -> Vec<Metric> {
    match change {
        StreamChange::Customer { old, new } => {
            of_customer_change(old.as_deref(), new.as_deref()).into_iter().collect()
        }
        StreamChange::CompletedDeletion(deletion) => of_completed_deletion(deletion).to_vec(),
        StreamChange::OutboxRecord(_) | StreamChange::Ignored => Vec::new(),
    }
}

fn of_customer_change(old: Option<&Customer>, new: Option<&Customer>) -> Option<Metric> {
    match of_customer(old, new)?.event_type {
        EventType::CustomerCreated => Some(Metric::CustomersCreated),
        EventType::CustomerVerified => Some(Metric::CustomersVerified),
        EventType::CustomerFrozen => Some(Metric::CustomersFrozen),
        EventType::CustomerRecovered => Some(Metric::CustomersRecovered),
        EventType::CustomerExpired => Some(Metric::CustomersExpired),
        EventType::CustomerDeleted => {
            let deadline = old.and_then(Customer::tm_deletion_scheduled);
            let was_due = deadline.zip(new).is_some_and(|(deadline, deleted)| deadline <= deleted.tm_update);
            Some(if was_due { Metric::CustomersPurged } else { Metric::CustomersDeleted })
        }
        _ => None,
    }
}

fn of_completed_deletion(deletion: &CompletedDeletion) -> [Metric; 3] {
    [
        Metric::CustomersErased,
        Metric::RowsErased(deletion.removed.values().sum()),
        Metric::ErasureTime(deletion.tm_completed.since(deletion.tm_open)),
    ]
}
