//! Webhook endpoints, their secrets and their deliveries.

use custodian_app::Failure;
use custodian_app::ports::{QueryPage, WriteOutcome};
use custodian_app::request_origin::AuditedAction;
use custodian_app::retry::RetryBudget;
use custodian_domain::deletion_notice::DeletionNotice;
use custodian_domain::failing_endpoint::FailingEndpoint;
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::webhook::{
    DELIVERY_RETENTION, Delivery, EndpointObservation, EndpointState, SlowEndpoint,
};
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_domain::webhook_secret::EncryptedWebhookSecret;
use custodian_domain::{CustomerId, Status, Timestamp};
use custodian_webhooks::{SecretChange, WebhookStore};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::failing_endpoint;
use crate::item::{Item, decode, decode_some, encode, n, s};
use crate::owned_row::{OwnedRowCondition, write_outcome};
use crate::schema::WEBHOOKS;
use crate::transaction::Transaction;
use crate::webhook_endpoints::require_endpoint;
use crate::webhook_key::{
    AVAILABILITY_KEY, FAILING_KEY, SECRET_KEY, SLOW_KEY, STATE_KEYS, additional_id, endpoint_key, row_key,
};
use crate::{audit_log, deletion_notices, outbox, usage};

const DELIVERY_PREFIX: &str = "delivery#";
/// The attribute with the end of the lease on a delivery's next attempt.
const LEASE: &str = "claimed_until";

/// The fingerprint of the disabled destination, or the time when the endpoint was enabled.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Availability {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    #[serde(rename = "on_since", default, skip_serializing_if = "Option::is_none")]
    enabled_since: Option<Timestamp>,
}

/// The attributes of an availability.
const AVAILABILITY: &[&str] = &["fingerprint", "on_since"];
/// The attributes of the secrets of an earlier release, which stored them in plain text.
const PLAIN_SECRETS: &[&str] = &["current", "previous"];

fn delivery_key(customer: CustomerId, id: Uuid) -> Item {
    row_key(customer, &format!("{DELIVERY_PREFIX}{id}"))
}

fn delivery_item(delivery: &Delivery) -> Result<Item, Failure> {
    let mut row = encode(delivery)?;
    row.extend(delivery_key(delivery.customer_id, delivery.id));
    row.insert("ttl".to_owned(), n(delivery.tm_create.plus(DELIVERY_RETENTION).seconds()));
    Ok(row)
}

/// The condition that a delivery has the attempts and deferrals that were read.
fn is_unchanged(delivery: &Delivery) -> Expr {
    let unchanged = match delivery.deferrals {
        0 => Expr::new("#attempts = :attempts AND attribute_not_exists(#deferrals)"),
        deferrals => {
            Expr::new("#attempts = :attempts AND #deferrals = :deferrals").with(":deferrals", n(deferrals))
        }
    };
    unchanged.with(":attempts", n(delivery.attempts))
}

/// Stores the endpoint's new availability, in the transaction that stores the attempt which showed it.
fn store_observation<'a>(
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
    pub(crate) async fn endpoint_row<T: serde::de::DeserializeOwned>(
        &self,
        customer: CustomerId,
        key: &str,
    ) -> Result<Option<T>, Failure> {
        let request = self.client.get_item().table_name(self.table(WEBHOOKS)).consistent_read(true);
        let response = request.set_key(Some(row_key(customer, key))).send().await;
        decode_some(response.map_err(|error| aws_failure("the webhook endpoint", &error))?.item)
    }
}

impl WebhookStore for Store {
    async fn webhook_endpoints(&self, ids: &[EndpointId]) -> Result<Vec<EndpointState>, Failure> {
        let keys = ids.iter().flat_map(|id| STATE_KEYS.map(|key| endpoint_key(*id, key))).collect();
        let mut found = self.batch_get(vec![(WEBHOOKS, keys)]).await?;
        let mut endpoints = vec![EndpointState::default(); ids.len()];
        for item in found.remove(&self.table(WEBHOOKS)).unwrap_or_default() {
            let key = item.get("key").and_then(|key| key.as_s().ok()).cloned().unwrap_or_default();
            let (name, additional) = additional_id(&key);
            let position = ids.iter().position(|id| id.additional() == additional);
            let Some(endpoint) = position.and_then(|position| endpoints.get_mut(position)) else { continue };
            match name {
                SECRET_KEY => endpoint.secret = Some(decode(item)?),
                FAILING_KEY => endpoint.failing = Some(decode(item)?),
                SLOW_KEY => endpoint.slow = Some(decode(item)?),
                _ => {
                    let Availability { fingerprint, enabled_since } = decode(item)?;
                    (endpoint.disabled_uri, endpoint.enabled_since) = (fingerprint, enabled_since);
                }
            }
        }
        Ok(endpoints)
    }

    async fn deletion_notices(&self, customer: CustomerId) -> Result<Vec<DeletionNotice>, Failure> {
        deletion_notices::read(self, customer).await
    }

    async fn store_webhook_secret(
        &self,
        endpoint: EndpointId,
        secret: &EncryptedWebhookSecret,
        change: SecretChange,
        statuses: &'static [Status],
    ) -> Result<WriteOutcome, Failure> {
        let (customer, key) = (endpoint.customer_id, endpoint_key(endpoint, SECRET_KEY));
        let unchanged = match change.before() {
            None => Expr::new("attribute_not_exists(#key)"),
            Some(before) => Expr::new("#tm_create = :before").with(":before", n(before.micros())),
        };
        let tx = Transaction::new(self, RetryBudget::Short);
        let tx = usage::require_status(tx, OwnedRowCondition::Gate, customer, customer.0, statuses)?;
        let row = (&encode(secret)?, PLAIN_SECRETS);
        let tx = tx.upsert(OwnedRowCondition::Row, WEBHOOKS, key, row, unchanged)?;
        let action =
            AuditedAction::new(customer, change.entry_type(), ("webhook", endpoint.id), secret.tm_create);
        Ok(write_outcome(audit_log::record(tx, OwnedRowCondition::Row, action)?.run().await?))
    }

    async fn delivery(
        &self,
        customer: CustomerId,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Option<Delivery>, Failure> {
        let row: Option<Delivery> = self.endpoint_row(customer, &format!("{DELIVERY_PREFIX}{id}")).await?;
        Ok(row.filter(|row| now < row.tm_create.plus(DELIVERY_RETENTION)))
    }

    async fn deliveries(
        &self,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
        now: Timestamp,
    ) -> Result<QueryPage<Delivery>, Failure> {
        let condition = Expr::new("#customer_id = :customer AND begins_with(#key, :delivery)")
            .with(":customer", s(customer))
            .with(":delivery", s(DELIVERY_PREFIX));
        let is_retained =
            Expr::new("#tm_create > :ended").with(":ended", n(now.minus(DELIVERY_RETENTION).micros()));
        let combined = condition.joined_with(&is_retained);
        let query = self.client.query().table_name(self.table(WEBHOOKS)).consistent_read(true);
        let query = query
            .set_key_condition_expression(condition.text())
            .set_filter_expression(is_retained.text())
            .set_expression_attribute_names(combined.names())
            .set_expression_attribute_values(combined.values())
            .scan_index_forward(false)
            .set_exclusive_start_key(below.map(|id| delivery_key(customer, id)))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let response = query.send().await.map_err(|error| aws_failure("the deliveries", &error))?;
        let last = response.last_evaluated_key.as_ref().and_then(|key| key.get("key")?.as_s().ok());
        let next = last.and_then(|key| Uuid::try_parse(key.strip_prefix(DELIVERY_PREFIX)?).ok());
        let rows = response.items.unwrap_or_default().into_iter().map(decode).collect::<Result<_, _>>()?;
        Ok(QueryPage { rows, next })
    }

    async fn store_delivery(
        &self,
        delivery: &Delivery,
        before: Option<&Delivery>,
        observation: &EndpointObservation,
    ) -> Result<WriteOutcome, Failure> {
        let row = delivery_item(delivery)?;
        let tx = Transaction::new(self, RetryBudget::Short);
        let tx = usage::require_status(
            tx,
            OwnedRowCondition::Gate,
            delivery.customer_id,
            delivery.id,
            Status::NOT_TERMINAL,
        )?;
        let tx = match before {
            None => tx.put(OwnedRowCondition::Row, WEBHOOKS, row, Expr::new("attribute_not_exists(#key)"))?,
            Some(before) => {
                let key = delivery_key(delivery.customer_id, delivery.id);
                // The lease of this attempt may be newer than `before`, and ends with the attempt.
                let mut known = delivery_item(before)?;
                known.insert(LEASE.to_owned(), n(0));
                let rows = (&known, &row);
                tx.replace(OwnedRowCondition::Row, WEBHOOKS, key, rows, is_unchanged(before))?
            }
        };
        let tx = store_observation(tx, delivery.endpoint(), observation)?;
        let record = OutboxRecord::webhook_disabled(delivery, observation);
        Ok(write_outcome(outbox::record(tx, OwnedRowCondition::Row, record.as_ref())?.run().await?))
    }

    async fn record_slow_endpoint(
        &self,
        endpoint: EndpointId,
        slow: &SlowEndpoint,
    ) -> Result<WriteOutcome, Failure> {
        let (key, mut row) = (endpoint_key(endpoint, SLOW_KEY), encode(slow)?);
        let customer = endpoint.customer_id;
        row.insert("ttl".to_owned(), n(slow.until.seconds() + 1));
        let tx = Transaction::new(self, RetryBudget::Short);
        let tx =
            usage::require_status(tx, OwnedRowCondition::Gate, customer, customer.0, Status::NOT_TERMINAL)?;
        let tx = require_endpoint(tx, OwnedRowCondition::Row, endpoint)?;
        let tx = tx.upsert(OwnedRowCondition::Row, WEBHOOKS, key, (&row, &[]), Expr::unconditional("key"))?;
        Ok(write_outcome(tx.run().await?))
    }

    async fn record_endpoint_failure(
        &self,
        endpoint: EndpointId,
        failure: &FailingEndpoint,
    ) -> Result<WriteOutcome, Failure> {
        failing_endpoint::record(self, endpoint, failure).await
    }

    async fn lease_probe(
        &self,
        endpoint: EndpointId,
        failing: &FailingEndpoint,
        until: Timestamp,
    ) -> Result<WriteOutcome, Failure> {
        failing_endpoint::lease_probe(self, endpoint, failing, until).await
    }

    async fn clear_endpoint_failures(&self, endpoint: EndpointId) -> Result<(), Failure> {
        self.delete_if(WEBHOOKS, endpoint_key(endpoint, FAILING_KEY), Expr::unconditional("key"))
            .await
            .map(|_| ())
    }

    async fn lease_attempt(&self, delivery: &Delivery, until: Timestamp) -> Result<WriteOutcome, Failure> {
        let (customer, id) = (delivery.customer_id, delivery.id);
        let lease = Expr::new("SET #claimed_until = :until").with(":until", n(until.micros()));
        let is_free = match delivery.leased_until {
            None => Expr::new("attribute_not_exists(#claimed_until)"),
            Some(leased_until) => Expr::new("#claimed_until = :seen").with(":seen", n(leased_until.micros())),
        };
        let is_free = is_unchanged(delivery).and(&is_free);
        let tx = Transaction::new(self, RetryBudget::Short);
        let tx = usage::require_status(tx, OwnedRowCondition::Gate, customer, id, Status::NOT_TERMINAL)?;
        Ok(write_outcome(
            tx.update(OwnedRowCondition::Row, WEBHOOKS, delivery_key(customer, id), lease, is_free)?
                .run()
                .await?,
        ))
    }

    async fn remove_deletion_notice(&self, endpoint: EndpointId) -> Result<(), Failure> {
        deletion_notices::remove(self, endpoint).await
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;

    #[test]
    fn deliveries_are_sorted_by_id() {
        let (early, late) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let key = |id| delivery_key(CustomerId(Uuid::nil()), id).remove("key");
        let text = |value: Option<AttributeValue>| value.and_then(|value| value.as_s().ok().cloned());
        assert!(text(key(early)) < text(key(late)));
    }
}
