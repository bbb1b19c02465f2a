//! The keys of the rows of webhook endpoints.

use custodian_domain::CustomerId;
use custodian_domain::webhook_endpoints::EndpointId;
use uuid::Uuid;

use crate::item::{Item, composite_key};

pub(crate) const SECRET_KEY: &str = "secret";
/// Whether the endpoint is disabled.
pub(crate) const AVAILABILITY_KEY: &str = "off";
pub(crate) const SLOW_KEY: &str = "slow";
pub(crate) const FAILING_KEY: &str = "failing";
/// The rows of an endpoint's state.
pub(crate) const STATE_KEYS: [&str; 4] = [SECRET_KEY, AVAILABILITY_KEY, SLOW_KEY, FAILING_KEY];

/// Stands between the name of a row and the id of an endpoint other than the first.
const SEPARATOR: char = '#';

/// The key of a row of an account, such as a part of an endpoint's state or a delivery.
pub(crate) fn row_key(customer: CustomerId, key: &str) -> Item {
    composite_key("customer_id", customer, "key", key)
}

/// The key of a row of an endpoint. The rows of the first endpoint have only a name.
pub(crate) fn endpoint_key(endpoint: EndpointId, name: &str) -> Item {
    match endpoint.additional() {
        None => row_key(endpoint.customer_id, name),
        Some(id) => row_key(endpoint.customer_id, &format!("{name}{SEPARATOR}{id}")),
    }
}

/// The name of an endpoint's row, and the id of the endpoint if it is not the first.
pub(crate) fn additional_id(key: &str) -> (&str, Option<Uuid>) {
    match key.split_once(SEPARATOR) {
        None => (key, None),
        Some((name, id)) => (name, Uuid::try_parse(id).ok()),
    }
}
