//! The rows of a webhook endpoint's state. Its settings are a part of the customer's row.

use custodian_app::Failure;
use custodian_app::ports::NewEndpointSecret;
use custodian_domain::webhook::EndpointObservation;
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_domain::{Customer, CustomerId, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{decode_some, encode};
use crate::owned_row::OwnedRowCondition;
use crate::schema::WEBHOOKS;
use crate::transaction::Transaction;
use crate::webhook_key::{AVAILABILITY_KEY, SECRET_KEY, STATE_KEYS, endpoint_key, row_key};

/// The fingerprint of the disabled destination, or the time when the endpoint was enabled.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Availability {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fingerprint: Option<String>,
    #[serde(rename = "on_since", default, skip_serializing_if = "Option::is_none")]
    pub(crate) enabled_since: Option<Timestamp>,
}

/// The attributes of an availability.
const AVAILABILITY: &[&str] = &["fingerprint", "on_since"];

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

/// Requires that an endpoint exists, so that no attempt stores the state of a deleted one. The first endpoint always exists:
/// deleting it only clears its settings. The secret of an additional endpoint exists as long as the endpoint.
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

/// Stores the endpoint's new availability, in the transaction that stores the attempt which showed it.
pub(crate) fn store_observation<'a>(
    tx: Transaction<'a, OwnedRowCondition>,
    endpoint: EndpointId,
    observation: &EndpointObservation,
) -> Result<Transaction<'a, OwnedRowCondition>, Failure> {
    let availability = match observation {
        EndpointObservation::Unchanged => return Ok(tx),
        EndpointObservation::Disabled { fingerprint: hash, .. } => {
            Availability { fingerprint: Some(hash.clone()), enabled_since: None }
        }
        EndpointObservation::Enabled(since) => {
            Availability { fingerprint: None, enabled_since: Some(*since) }
        }
    };
    let tx = require_endpoint(tx, OwnedRowCondition::Row, endpoint)?;
    let (key, row) = (endpoint_key(endpoint, AVAILABILITY_KEY), (&encode(&availability)?, AVAILABILITY));
    tx.upsert(OwnedRowCondition::Row, WEBHOOKS, key, row, Expr::unconditional("key"))
}

impl Store {
    /// A row of the table `webhooks`.
    pub(crate) async fn webhooks_row<T: DeserializeOwned>(
        &self,
        customer: CustomerId,
        key: &str,
    ) -> Result<Option<T>, Failure> {
        let request = self.client.get_item().table_name(self.table(WEBHOOKS)).consistent_read(true);
        let response = request.set_key(Some(row_key(customer, key))).send().await;
        decode_some(response.map_err(|error| aws_failure("the webhook endpoint", &error))?.item)
    }
}
