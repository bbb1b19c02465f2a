//! The keys of the rows of webhook endpoints.

use custodian_domain::CustomerId;

use crate::item::{Item, composite_key};

/// The key of a row of an account: its endpoint's state of some kind, or a delivery.
pub(crate) fn row_key(customer: CustomerId, key: &str) -> Item {
    composite_key("customer_id", customer, "key", key)
}
