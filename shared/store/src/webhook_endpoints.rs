//! The rows of a webhook endpoint's state. Its settings are a part of the customer's row.

use custodian_app::Failure;
use custodian_app::ports::NewEndpointSecret;
use custodian_domain::Customer;
use custodian_domain::webhook_endpoints::EndpointId;

use crate::expr::Expr;
use crate::item::encode;
use crate::schema::WEBHOOKS;
use crate::transaction::Transaction;
use crate::webhook_key::{SECRET_KEY, STATE_KEYS, endpoint_key};

/// Stores the signing secret of an endpoint, in the transaction that adds the endpoint.
pub(crate) fn store_new_secret<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    new: Option<&NewEndpointSecret>,
) -> Result<Transaction<'a, C>, Failure> {
    let Some(NewEndpointSecret { endpoint, secret }) = new else { return Ok(tx) };
    let mut row = encode(secret)?;
    row.extend(endpoint_key(*endpoint, SECRET_KEY));
    tx.put(on_failure, WEBHOOKS, row, Expr::new("attribute_not_exists(#key)"))
}

/// Requires that an endpoint exists, so that no attempt stores the state of a deleted one. The secret of an additional endpoint exists
/// as long as the endpoint.
pub(crate) fn require_endpoint<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    endpoint: EndpointId,
) -> Result<Transaction<'a, C>, Failure> {
    if endpoint.is_first() {
        return Ok(tx);
    }
    tx.check(on_failure, WEBHOOKS, endpoint_key(endpoint, SECRET_KEY), Expr::new("attribute_exists(#key)"))
}

/// Deletes the stored state of the endpoints that a change removes.
pub(crate) fn delete_removed_endpoints<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    before: &Customer,
    after: &Customer,
) -> Result<Transaction<'a, C>, Failure> {
    let removed = before.webhook_endpoints.iter().filter(|endpoint| after.endpoint(endpoint.id).is_none());
    let keys =
        removed.flat_map(|endpoint| STATE_KEYS.map(|key| endpoint_key(endpoint.id_of(before.id), key)));
    keys.into_iter().try_fold(tx, |tx, key| tx.delete(on_failure, WEBHOOKS, key, Expr::unconditional("key")))
}
