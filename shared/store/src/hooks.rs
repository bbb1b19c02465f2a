//! What is kept of customers' webhooks.

use std::time::Duration;

use custodian_app::Failure;
use custodian_app::hooks::KeepHooks;
use custodian_app::password::LIVING;
use custodian_app::ports::Written;
use custodian_domain::webhook::{Delivery, Farewell, Hook, HookSecret};
use custodian_domain::{CustomerId, Status, Timestamp};
use uuid::Uuid;

use crate::Store;
use crate::expr::Expr;
use crate::item::{Item, decode, decode_some, encode, key2, n, s};
use crate::resources::{Guard, written};
use crate::retry::Patience;
use crate::schema::WEBHOOKS;
use crate::transaction::{Transaction, failed};
use crate::usage;

/// How long a delivery is shown.
const KEPT: Duration = Duration::from_secs(30 * 86_400);
const SECRET: &str = "secret";
const OFF: &str = "off";
const FAREWELL: &str = "farewell";
const DELIVERY: &str = "delivery#";

fn row_key(customer: CustomerId, key: &str) -> Item {
    key2("customer_id", customer, "key", key)
}

fn delivery_key(customer: CustomerId, id: Uuid) -> Item {
    row_key(customer, &format!("{DELIVERY}{id}"))
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
        let keys = [SECRET, OFF, FAREWELL].map(|key| row_key(customer, key)).to_vec();
        let mut found = self.batch(vec![(WEBHOOKS, keys)]).await?;
        let mut hook = Hook::default();
        for item in found.remove(&self.table(WEBHOOKS)).unwrap_or_default() {
            match item.get("key").and_then(|key| key.as_s().ok()).map(String::as_str) {
                Some(SECRET) => hook.secret = Some(decode(item)?),
                Some(FAREWELL) => hook.farewell = Some(decode(item)?),
                _ => {
                    let fingerprint = item.get("fingerprint").and_then(|text| text.as_s().ok());
                    hook.off = fingerprint.cloned();
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
    ) -> Result<Written, Failure> {
        let mut row = encode(secret)?;
        row.extend(row_key(customer, SECRET));
        let unchanged = match before {
            None => Expr::new("attribute_not_exists(#key)"),
            Some(before) => Expr::new("#tm_create = :before").with(":before", n(before.micros())),
        };
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, customer, customer.0, &[Status::Active])?;
        Ok(written(tx.put(Guard::Row, WEBHOOKS, row, unchanged)?.run().await?))
    }

    async fn turn_off(&self, customer: CustomerId, fingerprint: Option<&str>) -> Result<Written, Failure> {
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, customer, customer.0, LIVING)?;
        let any = Expr::new("attribute_exists(#key) OR attribute_not_exists(#key)");
        let mut row = row_key(customer, OFF);
        let tx = match fingerprint {
            None => tx.delete(Guard::Row, WEBHOOKS, row, any)?,
            Some(text) => {
                row.insert("fingerprint".to_owned(), s(text));
                tx.put(Guard::Row, WEBHOOKS, row, any)?
            }
        };
        Ok(written(tx.run().await?))
    }

    async fn delivery(&self, customer: CustomerId, id: Uuid) -> Result<Option<Delivery>, Failure> {
        self.hook_row(customer, &format!("{DELIVERY}{id}")).await
    }

    async fn deliveries(&self, customer: CustomerId, limit: usize) -> Result<Vec<Delivery>, Failure> {
        let condition = Expr::new("#customer_id = :customer AND begins_with(#key, :delivery)")
            .with(":customer", s(customer))
            .with(":delivery", s(DELIVERY));
        let query = self.client.query().table_name(self.table(WEBHOOKS)).consistent_read(true);
        let query = query
            .set_key_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(|error| failed("the deliveries", &error))?;
        answer.items.unwrap_or_default().into_iter().map(decode).collect()
    }

    async fn keep_delivery(&self, delivery: &Delivery, attempts_before: u32) -> Result<Written, Failure> {
        let mut row = encode(delivery)?;
        row.extend(delivery_key(delivery.customer_id, delivery.id));
        row.insert("ttl".to_owned(), n(delivery.tm_create.plus(KEPT).seconds()));
        let unchanged = match attempts_before {
            0 => Expr::new("attribute_not_exists(#key)"),
            _ => Expr::new("#attempts = :before").with(":before", n(attempts_before)),
        };
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, delivery.customer_id, delivery.id, LIVING)?;
        Ok(written(tx.put(Guard::Row, WEBHOOKS, row, unchanged)?.run().await?))
    }

    async fn forget_farewell(&self, customer: CustomerId) -> Result<(), Failure> {
        let any = Expr::new("attribute_exists(#key) OR attribute_not_exists(#key)");
        let call = self.client.delete_item().table_name(self.table(WEBHOOKS));
        let call = call
            .set_key(Some(row_key(customer, FAREWELL)))
            .set_condition_expression(any.text())
            .set_expression_attribute_names(any.names());
        call.send().await.map(|_| ()).map_err(|error| failed("the webhook", &error))
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
