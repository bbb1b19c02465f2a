//! What is kept of customers' webhooks.

use custodian_app::Failure;
use custodian_app::hooks::KeepHooks;
use custodian_app::password::LIVING;
use custodian_app::ports::{Part, Written};
use custodian_domain::webhook::{Delivery, Farewell, Finding, Hook, HookSecret, KEPT, Slow};
use custodian_domain::{CustomerId, Status, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Store;
use crate::expr::Expr;
use crate::item::{Item, decode, decode_some, encode, key2, n, s};
use crate::resource_writes::{Guard, written};
use crate::retry::Patience;
use crate::schema::WEBHOOKS;
use crate::transaction::{Transaction, failed};
use crate::usage;

const SECRET: &str = "secret";
const OFF: &str = "off";
const SLOW: &str = "slow";
const FAREWELL: &str = "farewell";
const DELIVERY: &str = "delivery#";

/// Whether a destination is to be left alone, or since when it is not any more.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Off {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_since: Option<Timestamp>,
}

fn row_key(customer: CustomerId, key: &str) -> Item {
    key2("customer_id", customer, "key", key)
}

fn delivery_key(customer: CustomerId, id: Uuid) -> Item {
    row_key(customer, &format!("{DELIVERY}{id}"))
}

/// Holds whether or not the row is there.
fn any() -> Expr {
    Expr::new("attribute_exists(#key) OR attribute_not_exists(#key)")
}

/// What an attempt has shown of its destination is kept in the transaction that keeps the attempt.
fn keep_finding<'a>(
    tx: Transaction<'a, Guard>,
    customer: CustomerId,
    finding: &Finding,
) -> Result<Transaction<'a, Guard>, Failure> {
    let (key, mut row) = match finding {
        Finding::Nothing => return Ok(tx),
        Finding::Off(hash) => (OFF, encode(&Off { fingerprint: Some(hash.clone()), on_since: None })?),
        Finding::On(since) => (OFF, encode(&Off { fingerprint: None, on_since: Some(*since) })?),
    };
    row.extend(row_key(customer, key));
    tx.put(Guard::Row, WEBHOOKS, row, any())
}

/// The transaction that ends an account keeps where the news of it goes.
pub(crate) fn keep_farewell<'a, G: Copy>(
    tx: Transaction<'a, G>,
    guard: G,
    customer: CustomerId,
    farewell: Option<&Farewell>,
) -> Result<Transaction<'a, G>, Failure> {
    let Some(farewell) = farewell else { return Ok(tx) };
    let mut row = encode(farewell)?;
    row.extend(row_key(customer, FAREWELL));
    row.insert("ttl".to_owned(), n(farewell.until.seconds()));
    tx.put(guard, WEBHOOKS, row, Expr::new("attribute_not_exists(#key)"))
}

impl Store {
    /// Whether the news of an account's end is still being told.
    pub(crate) async fn says_farewell(&self, customer: CustomerId, now: Timestamp) -> Result<bool, Failure> {
        let farewell: Option<Farewell> = self.hook_row(customer, FAREWELL).await?;
        Ok(farewell.is_some_and(|farewell| now < farewell.until))
    }

    async fn hook_row<T: serde::de::DeserializeOwned>(
        &self,
        customer: CustomerId,
        key: &str,
    ) -> Result<Option<T>, Failure> {
        let call = self.client.get_item().table_name(self.table(WEBHOOKS)).consistent_read(true);
        let answer = call.set_key(Some(row_key(customer, key))).send().await;
        decode_some(answer.map_err(|error| failed("the webhook", &error))?.item)
    }
}

impl KeepHooks for Store {
    async fn hook(&self, customer: CustomerId) -> Result<Hook, Failure> {
        let keys = [SECRET, OFF, SLOW, FAREWELL].map(|key| row_key(customer, key)).to_vec();
        let mut found = self.batch(vec![(WEBHOOKS, keys)]).await?;
        let mut hook = Hook::default();
        for item in found.remove(&self.table(WEBHOOKS)).unwrap_or_default() {
            match item.get("key").and_then(|key| key.as_s().ok()).map(String::as_str) {
                Some(SECRET) => hook.secret = Some(decode(item)?),
                Some(FAREWELL) => hook.farewell = Some(decode(item)?),
                Some(SLOW) => hook.slow = Some(decode(item)?),
                _ => {
                    let Off { fingerprint, on_since } = decode(item)?;
                    (hook.off, hook.on_since) = (fingerprint, on_since);
                }
            }
        }
        Ok(hook)
    }

    async fn keep_hook_secret(
        &self,
        customer: CustomerId,
        secret: &HookSecret,
        before: Option<Timestamp>,
        statuses: &'static [Status],
    ) -> Result<Written, Failure> {
        let mut row = encode(secret)?;
        row.extend(row_key(customer, SECRET));
        let unchanged = match before {
            None => Expr::new("attribute_not_exists(#key)"),
            Some(before) => Expr::new("#tm_create = :before").with(":before", n(before.micros())),
        };
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, customer, customer.0, statuses)?;
        Ok(written(tx.put(Guard::Row, WEBHOOKS, row, unchanged)?.run().await?))
    }

    async fn delivery(
        &self,
        customer: CustomerId,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Option<Delivery>, Failure> {
        let row: Option<Delivery> = self.hook_row(customer, &format!("{DELIVERY}{id}")).await?;
        Ok(row.filter(|row| now < row.tm_create.plus(KEPT)))
    }

    async fn deliveries(
        &self,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Part<Delivery>, Failure> {
        let condition = Expr::new("#customer_id = :customer AND begins_with(#key, :delivery)")
            .with(":customer", s(customer))
            .with(":delivery", s(DELIVERY));
        let lives = Expr::new("#tm_create > :ended").with(":ended", n(now.minus(KEPT).micros()));
        let both = condition.joined_with(&lives);
        let query = self.client.query().table_name(self.table(WEBHOOKS)).consistent_read(true);
        let query = query
            .set_key_condition_expression(condition.text())
            .set_filter_expression(lives.text())
            .set_expression_attribute_names(both.names())
            .set_expression_attribute_values(both.values())
            .scan_index_forward(false)
            .set_exclusive_start_key(below.map(|id| delivery_key(customer, id)))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(|error| failed("the deliveries", &error))?;
        let last = answer.last_evaluated_key.as_ref().and_then(|key| key.get("key")?.as_s().ok());
        let next = last.and_then(|key| Uuid::try_parse(key.strip_prefix(DELIVERY)?).ok());
        let rows = answer.items.unwrap_or_default().into_iter().map(decode).collect::<Result<_, _>>()?;
        Ok(Part { rows, next })
    }

    async fn keep_delivery(
        &self,
        delivery: &Delivery,
        attempts_before: u32,
        finding: &Finding,
    ) -> Result<Written, Failure> {
        let mut row = encode(delivery)?;
        row.extend(delivery_key(delivery.customer_id, delivery.id));
        row.insert("ttl".to_owned(), n(delivery.tm_create.plus(KEPT).seconds()));
        let unchanged = match attempts_before {
            0 => Expr::new("attribute_not_exists(#key)"),
            _ => Expr::new("#attempts = :before").with(":before", n(attempts_before)),
        };
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, delivery.customer_id, delivery.id, LIVING)?;
        let tx = tx.put(Guard::Row, WEBHOOKS, row, unchanged)?;
        Ok(written(keep_finding(tx, delivery.customer_id, finding)?.run().await?))
    }

    async fn note_slow(&self, customer: CustomerId, slow: &Slow) -> Result<Written, Failure> {
        let mut row = encode(slow)?;
        row.extend(row_key(customer, SLOW));
        row.insert("ttl".to_owned(), n(slow.until.seconds() + 1));
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, customer, customer.0, LIVING)?;
        Ok(written(tx.put(Guard::Row, WEBHOOKS, row, any())?.run().await?))
    }

    async fn claim_attempt(&self, delivery: &Delivery, until: Timestamp) -> Result<Written, Failure> {
        let (customer, id) = (delivery.customer_id, delivery.id);
        let claim = Expr::new("SET #claimed_until = :until").with(":until", n(until.micros()));
        let free = match delivery.claimed_until {
            None => Expr::new("#attempts = :attempts AND attribute_not_exists(#claimed_until)"),
            Some(seen) => {
                Expr::new("#attempts = :attempts AND #claimed_until = :seen").with(":seen", n(seen.micros()))
            }
        };
        let free = free.with(":attempts", n(delivery.attempts));
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, customer, id, LIVING)?;
        Ok(written(tx.update(Guard::Row, WEBHOOKS, delivery_key(customer, id), claim, free)?.run().await?))
    }

    async fn forget_farewell(&self, customer: CustomerId) -> Result<(), Failure> {
        self.delete_if(WEBHOOKS, row_key(customer, FAREWELL), any()).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;

    #[test]
    fn deliveries_sort_by_their_ids() {
        let (early, late) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let key = |id| delivery_key(CustomerId(Uuid::nil()), id).remove("key");
        let text = |value: Option<AttributeValue>| value.and_then(|value| value.as_s().ok().cloned());
        assert!(text(key(early)) < text(key(late)));
    }
}
