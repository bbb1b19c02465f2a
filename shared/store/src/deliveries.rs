//! The deliveries of webhooks.

use custodian_app::Failure;
use custodian_app::ports::{QueryPage, WriteOutcome};
use custodian_app::retry::RetryBudget;
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::webhook::{DELIVERY_RETENTION, Delivery, EndpointObservation};
use custodian_domain::{CustomerId, Status, Timestamp};
use uuid::Uuid;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{Item, decode, encode, n, s};
use crate::owned_row::{OwnedRowCondition, write_outcome};
use crate::schema::WEBHOOKS;
use crate::transaction::Transaction;
use crate::webhook_endpoints::store_observation;
use crate::webhook_key::row_key;
use crate::{outbox, usage};

const DELIVERY_PREFIX: &str = "delivery#";
/// The attribute with the end of the lease on a delivery's next attempt.
const LEASE: &str = "claimed_until";

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

/// One delivery, unless its retention has ended.
pub(crate) async fn read(
    store: &Store,
    customer: CustomerId,
    id: Uuid,
    now: Timestamp,
) -> Result<Option<Delivery>, Failure> {
    let row: Option<Delivery> = store.webhooks_row(customer, &format!("{DELIVERY_PREFIX}{id}")).await?;
    Ok(row.filter(|row| now < row.tm_create.plus(DELIVERY_RETENTION)))
}

/// A page of an account's deliveries, the newest first.
pub(crate) async fn list(
    store: &Store,
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
    let query = store.client.query().table_name(store.table(WEBHOOKS)).consistent_read(true);
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

/// Stores a delivery in place of the one that was read, after an attempt, a deferral or a closing. Also stores what an attempt
/// showed about the endpoint, and the event about that.
pub(crate) async fn record(
    store: &Store,
    delivery: &Delivery,
    before: Option<&Delivery>,
    observation: &EndpointObservation,
) -> Result<WriteOutcome, Failure> {
    let row = delivery_item(delivery)?;
    let tx = Transaction::new(store, RetryBudget::Short);
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
            // This write ends any stored lease, which may be newer than `before`.
            let mut known = delivery_item(before)?;
            known.insert(LEASE.to_owned(), n(0));
            let rows = (&known, &row);
            tx.replace(OwnedRowCondition::Row, WEBHOOKS, key, rows, is_unchanged(before))?
        }
    };
    let tx = store_observation(tx, delivery.endpoint(), observation)?;
    let disabled = OutboxRecord::webhook_disabled(delivery, observation);
    Ok(write_outcome(outbox::record(tx, OwnedRowCondition::Row, disabled.as_ref())?.run().await?))
}

/// Takes the lease on the next attempt, if the delivery and its lease have not changed since they were read. This does not check
/// the time: the caller must first check that the lease in `delivery` is over.
pub(crate) async fn lease_attempt(
    store: &Store,
    delivery: &Delivery,
    until: Timestamp,
) -> Result<WriteOutcome, Failure> {
    let (customer, id) = (delivery.customer_id, delivery.id);
    let lease = Expr::new("SET #claimed_until = :until").with(":until", n(until.micros()));
    let is_free = match delivery.leased_until {
        None => Expr::new("attribute_not_exists(#claimed_until)"),
        Some(leased_until) => Expr::new("#claimed_until = :seen").with(":seen", n(leased_until.micros())),
    };
    let is_free = is_unchanged(delivery).and(&is_free);
    let tx = Transaction::new(store, RetryBudget::Short);
    let tx = usage::require_status(tx, OwnedRowCondition::Gate, customer, id, Status::NOT_TERMINAL)?;
    Ok(write_outcome(
        tx.update(OwnedRowCondition::Row, WEBHOOKS, delivery_key(customer, id), lease, is_free)?
            .run()
            .await?,
    ))
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
