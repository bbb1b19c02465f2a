//! Webhook endpoints, their secrets and their deliveries.

use custodian_app::Failure;
use custodian_app::ports::{QueryPage, WriteOutcome};
use custodian_app::request_origin::AuditedAction;
use custodian_app::retry::RetryBudget;
use custodian_domain::failing_endpoint::FailingEndpoint;
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::webhook::{
    DELIVERY_RETENTION, Delivery, EncryptedDestination, EncryptedWebhookSecret, EndpointObservation,
    SlowEndpoint, WebhookEndpoint,
};
use custodian_domain::{CustomerId, Status, Timestamp};
use custodian_webhooks::{SecretChange, WebhookStore};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::failing_endpoint::{self, FAILING_KEY};
use crate::item::{Item, decode, decode_some, encode, n, s};
use crate::owned_row::{OwnedRowCondition, write_outcome};
use crate::schema::WEBHOOKS;
use crate::transaction::Transaction;
use crate::webhook_key::row_key;
use crate::{audit_log, outbox, usage};

const SECRET_KEY: &str = "secret";
const AVAILABILITY_KEY: &str = "off";
const SLOW_KEY: &str = "slow";
const DELETION_NOTICE_KEY: &str = "farewell";
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
    customer: CustomerId,
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
    let (key, row) = (row_key(customer, AVAILABILITY_KEY), (&encode(&availability)?, AVAILABILITY));
    tx.upsert(OwnedRowCondition::Row, WEBHOOKS, key, row, Expr::unconditional("key"))
}

/// Stores the destination of the deletion notice, in the transaction that deletes the account.
pub(crate) fn store_deletion_notice<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    customer: CustomerId,
    deletion_notice: Option<&EncryptedDestination>,
) -> Result<Transaction<'a, C>, Failure> {
    let Some(deletion_notice) = deletion_notice else { return Ok(tx) };
    let mut row = encode(deletion_notice)?;
    row.extend(row_key(customer, DELETION_NOTICE_KEY));
    row.insert("ttl".to_owned(), n(deletion_notice.until.seconds()));
    tx.put(on_failure, WEBHOOKS, row, Expr::new("attribute_not_exists(#key)"))
}

impl Store {
    /// Whether the worker may still send the webhook about the account's deletion.
    pub(crate) async fn has_deletion_notice(
        &self,
        customer: CustomerId,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let deletion_notice: Option<EncryptedDestination> =
            self.endpoint_row(customer, DELETION_NOTICE_KEY).await?;
        Ok(deletion_notice.is_some_and(|deletion_notice| now < deletion_notice.until))
    }

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
    async fn webhook_endpoint(&self, customer: CustomerId) -> Result<WebhookEndpoint, Failure> {
        let keys = [SECRET_KEY, AVAILABILITY_KEY, SLOW_KEY, FAILING_KEY, DELETION_NOTICE_KEY]
            .map(|key| row_key(customer, key))
            .to_vec();
        let mut found = self.batch_get(vec![(WEBHOOKS, keys)]).await?;
        let mut endpoint = WebhookEndpoint::default();
        for item in found.remove(&self.table(WEBHOOKS)).unwrap_or_default() {
            match item.get("key").and_then(|key| key.as_s().ok()).map(String::as_str) {
                Some(SECRET_KEY) => endpoint.secret = Some(decode(item)?),
                Some(DELETION_NOTICE_KEY) => endpoint.deletion_notice = Some(decode(item)?),
                Some(FAILING_KEY) => endpoint.failing = Some(decode(item)?),
                Some(SLOW_KEY) => endpoint.slow = Some(decode(item)?),
                _ => {
                    let Availability { fingerprint, enabled_since } = decode(item)?;
                    (endpoint.disabled_uri, endpoint.enabled_since) = (fingerprint, enabled_since);
                }
            }
        }
        Ok(endpoint)
    }

    async fn store_webhook_secret(
        &self,
        customer: CustomerId,
        secret: &EncryptedWebhookSecret,
        change: SecretChange,
        statuses: &'static [Status],
    ) -> Result<WriteOutcome, Failure> {
        let key = row_key(customer, SECRET_KEY);
        let unchanged = match change.before() {
            None => Expr::new("attribute_not_exists(#key)"),
            Some(before) => Expr::new("#tm_create = :before").with(":before", n(before.micros())),
        };
        let tx = Transaction::new(self, RetryBudget::Request);
        let tx = usage::require_status(tx, OwnedRowCondition::Gate, customer, customer.0, statuses)?;
        let row = (&encode(secret)?, PLAIN_SECRETS);
        let tx = tx.upsert(OwnedRowCondition::Row, WEBHOOKS, key, row, unchanged)?;
        let action =
            AuditedAction::new(customer, change.entry_type(), ("webhook", customer.0), secret.tm_create);
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
        let tx = Transaction::new(self, RetryBudget::Request);
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
        let tx = store_observation(tx, delivery.customer_id, observation)?;
        let record = OutboxRecord::webhook_disabled(delivery, observation);
        Ok(write_outcome(outbox::record(tx, OwnedRowCondition::Row, record.as_ref())?.run().await?))
    }

    async fn record_slow_endpoint(
        &self,
        customer: CustomerId,
        slow: &SlowEndpoint,
    ) -> Result<WriteOutcome, Failure> {
        let (key, mut row) = (row_key(customer, SLOW_KEY), encode(slow)?);
        row.insert("ttl".to_owned(), n(slow.until.seconds() + 1));
        let tx = Transaction::new(self, RetryBudget::Request);
        let tx =
            usage::require_status(tx, OwnedRowCondition::Gate, customer, customer.0, Status::NOT_TERMINAL)?;
        let tx = tx.upsert(OwnedRowCondition::Row, WEBHOOKS, key, (&row, &[]), Expr::unconditional("key"))?;
        Ok(write_outcome(tx.run().await?))
    }

    async fn record_endpoint_failure(
        &self,
        customer: CustomerId,
        failure: &FailingEndpoint,
    ) -> Result<WriteOutcome, Failure> {
        failing_endpoint::record(self, customer, failure).await
    }

    async fn lease_probe(
        &self,
        customer: CustomerId,
        failing: &FailingEndpoint,
        until: Timestamp,
    ) -> Result<WriteOutcome, Failure> {
        failing_endpoint::lease_probe(self, customer, failing, until).await
    }

    async fn clear_endpoint_failures(&self, customer: CustomerId) -> Result<(), Failure> {
        self.delete_if(WEBHOOKS, row_key(customer, FAILING_KEY), Expr::unconditional("key")).await.map(|_| ())
    }

    async fn lease_attempt(&self, delivery: &Delivery, until: Timestamp) -> Result<WriteOutcome, Failure> {
        let (customer, id) = (delivery.customer_id, delivery.id);
        let lease = Expr::new("SET #claimed_until = :until").with(":until", n(until.micros()));
        let is_free = match delivery.leased_until {
            None => Expr::new("attribute_not_exists(#claimed_until)"),
            Some(leased_until) => Expr::new("#claimed_until = :seen").with(":seen", n(leased_until.micros())),
        };
        let is_free = is_unchanged(delivery).and(&is_free);
        let tx = Transaction::new(self, RetryBudget::Request);
        let tx = usage::require_status(tx, OwnedRowCondition::Gate, customer, id, Status::NOT_TERMINAL)?;
        Ok(write_outcome(
            tx.update(OwnedRowCondition::Row, WEBHOOKS, delivery_key(customer, id), lease, is_free)?
                .run()
                .await?,
        ))
    }

    async fn remove_deletion_notice(&self, customer: CustomerId) -> Result<(), Failure> {
        self.delete_if(WEBHOOKS, row_key(customer, DELETION_NOTICE_KEY), Expr::unconditional("key"))
            .await
            .map(|_| ())
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
